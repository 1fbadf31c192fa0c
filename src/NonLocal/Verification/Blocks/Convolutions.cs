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
        Shape kernel = new(config.PerAxis("kernel_size", axes));
        Shape dilation = new(config.PerAxis("dilation", axes, 1));
        Conv layer = new(
            block.Channels("in_channels"),
            block.Channels("out_channels"),
            kernel,
            new Shape(config.PerAxis("stride", axes, 1)),
            Padding(config, kernel, dilation),
            dilation,
            config.Positive("groups", 1),
            config.Flag("bias", true));
        block.OutputMap(block.Use(layer).Forward(block.Map()));
    }

    // PyTorch also takes the words 'valid' and 'same'; same on both sides only where the window is odd.
    private static Shape Padding(CaseConfig config, Shape kernel, Shape dilation)
    {
        if (!config.IsText("padding"))
        {
            return new Shape(config.PerAxis("padding", kernel.Rank, 0));
        }

        string word = config.Text("padding")!;
        int[] zeros = [.. kernel.Select((length, axis) => word == "same" ? dilation[axis] * (length - 1) : 0)];
        return word is "same" or "valid" && zeros.All(number => number % 2 == 0)
            ? new Shape([.. zeros.Select(number => number / 2)])
            : throw new UnsupportedBlockException($"config key 'padding' is '{word}', which is not the same number on both sides here.");
    }
}
