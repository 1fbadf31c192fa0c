using NonLocal.Layers;
using NonLocal.Tensors;

namespace NonLocal.Verification.Blocks;

/// <summary><c>nn.Conv1d</c>, <c>nn.Conv2d</c>, <c>nn.Conv3d</c>.</summary>
internal static class Convolutions
{
    /// <summary>A convolution over so many spatial axes.</summary>
    public static void Convolution(BlockCase block, int axes)
    {
        CaseConfig config = block.Config;
        config.Only("padding_mode", "zeros");
        Conv layer = new(
            block.Channels("in_channels"),
            block.Channels("out_channels"),
            new Shape(config.PerAxis("kernel_size", axes)),
            new Shape(config.PerAxis("stride", axes, 1)),
            new Shape(config.PerAxis("padding", axes, 0)),
            new Shape(config.PerAxis("dilation", axes, 1)),
            config.Positive("groups", 1),
            config.Flag("bias", true));
        block.OutputMap(block.Use(layer).Forward(block.Map()));
    }
}
