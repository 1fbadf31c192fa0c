using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary><c>nn.Conv1d</c>, <c>nn.Conv2d</c>, <c>nn.Conv3d</c>.</summary>
internal static class Convolutions
{
    /// <summary>A convolution over so many spatial axes.</summary>
    public static void Convolution(BlockCase block, int axes)
    {
        CaseConfig config = block.Config;
        config.Only("padding_mode", "zeros");
        int outputs = config.Whole("out_channels");
        ConvolutionGeometry geometry = ConvolutionGeometry.Create(
            new Shape(config.PerAxis("kernel_size", axes)),
            new Shape(config.PerAxis("stride", axes, 1)),
            new Shape(config.PerAxis("padding", axes, 0)),
            new Shape(config.PerAxis("dilation", axes, 1)),
            config.Whole("groups", 1));
        Shape shape = geometry.WeightShape(config.Whole("in_channels"), outputs);
        Value y = block.Map().Convolution(block.Parameter("weight", shape, BorderLayout.ConvolutionWeight(axes)), geometry);
        block.OutputMap(config.Flag("bias", true) ? y + block.Parameter("bias", [outputs]) : y);
    }
}
