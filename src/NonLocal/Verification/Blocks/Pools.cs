using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Pooling as PyTorch's modules do it.</summary>
internal static class Pools
{
    /// <summary><c>nn.MaxPool1d</c>, <c>nn.MaxPool2d</c>, <c>nn.MaxPool3d</c>: as many spatial axes as the input has.</summary>
    public static void Max(BlockCase block)
    {
        Value x = block.Map();
        ConvolutionGeometry window = Window(block.Config, x.Shape.Rank - 2);
        block.OutputMap(x.MaxPool(window, block.Config.Flag("ceil_mode", false)));
    }

    /// <summary><c>nn.AvgPool1d</c>, <c>nn.AvgPool2d</c>, <c>nn.AvgPool3d</c>.</summary>
    public static void Average(BlockCase block)
    {
        CaseConfig config = block.Config;
        config.Only("dilation", "1");
        config.Only("divisor_override", "null");
        Value x = block.Map();
        ConvolutionGeometry window = Window(config, x.Shape.Rank - 2);
        block.OutputMap(x.AveragePool(window, config.Flag("ceil_mode", false), config.Flag("count_include_pad", true)));
    }

    /// <summary><c>nn.AdaptiveAvgPool1d</c>, <c>nn.AdaptiveAvgPool2d</c>, <c>nn.AdaptiveAvgPool3d</c>.</summary>
    public static void AdaptiveAverage(BlockCase block)
    {
        Value x = block.Map();
        block.OutputMap(x.AdaptiveAveragePool(new Shape(block.Config.PerAxis("output_size", x.Shape[1..^1].Span))));
    }

    /// <summary>The pyramid of asymmetric non-local networks: the map pooled to each size, all cells in a row.</summary>
    /// <remarks>(N, C, cells) in the file.</remarks>
    public static void Pyramid(BlockCase block)
    {
        Value x = block.Map();
        int batch = x.Shape[0];
        int axes = x.Shape.Rank - 2;
        List<Value> levels = [];
        foreach (int size in block.Config.List("sizes"))
        {
            Value level = x.AdaptiveAveragePool(new Shape([.. Enumerable.Repeat(size, axes)]));
            levels.Add(level.Reshape([batch, (int)(level.Shape.Rows / batch), x.Shape.Last]));
        }

        block.OutputMap(levels.Concat(1));
    }

    // A stride that is not stated is the window's own length.
    private static ConvolutionGeometry Window(CaseConfig config, int axes)
    {
        int[] kernel = config.PerAxis("kernel_size", axes);
        int[] stride = config.States("stride") && config.Has("stride") ? config.PerAxis("stride", axes) : kernel;
        return ConvolutionGeometry.Create(
            new Shape(kernel),
            new Shape(stride),
            new Shape(config.PerAxis("padding", axes, 0)),
            new Shape(config.PerAxis("dilation", axes, 1)));
    }
}
