using BenchmarkDotNet.Attributes;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Benchmarks.Micro;

/// <summary>The convolutions of ResNet-18 and ResNet-50 for one picture of 224×224.</summary>
public class ConvolutionRuns : OperationRuns
{
    /// <summary>Height × width × channels, output channels, kernel, stride.</summary>
    /// <param name="Input">The map of one picture.</param>
    /// <param name="Channels">Output channels.</param>
    /// <param name="Kernel">Side of the window; it is padded so that a stride of 1 keeps the size.</param>
    /// <param name="Stride">Step of the window.</param>
    public sealed record Layer(string Input, int Channels, int Kernel, int Stride)
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Input} to {Channels}, {Kernel}x{Kernel}, stride {Stride}";
    }

    /// <summary>Every shape that the two networks have.</summary>
    public static IEnumerable<Layer> Layers =>
    [
        new("224x224x3", 64, 7, 2),
        new("56x56x64", 64, 1, 1),
        new("56x56x64", 64, 3, 1),
        new("56x56x64", 128, 3, 2),
        new("56x56x64", 256, 1, 1),
        new("56x56x256", 64, 1, 1),
        new("56x56x256", 512, 1, 2),
        new("28x28x128", 128, 3, 1),
        new("28x28x128", 512, 1, 1),
        new("28x28x512", 128, 1, 1),
        new("14x14x256", 256, 3, 1),
        new("14x14x256", 1024, 1, 1),
        new("14x14x1024", 256, 1, 1),
        new("14x14x1024", 2048, 1, 2),
        new("7x7x512", 512, 3, 1),
        new("7x7x512", 2048, 1, 1),
        new("7x7x2048", 512, 1, 1),
    ];

    /// <summary>Which of them.</summary>
    [ParamsSource(nameof(Layers))]
    public Layer Convolution { get; set; } = null!;

    /// <inheritdoc/>
    protected override (Value Output, Value[] Inputs) Build(Graph graph)
    {
        Shape map = Shape.Parse($"1x{Convolution.Input}");
        (int kernel, int stride, int padding) = (Convolution.Kernel, Convolution.Stride, Convolution.Kernel / 2);
        Value x = graph.Input("x", map);
        Value weight = Parameter(graph, [kernel, kernel, map.Last, Convolution.Channels]);
        Value y = x.Convolution(weight, ConvolutionGeometry.Create([kernel, kernel], [stride, stride], [padding, padding]));
        return (y, [x, weight]);
    }
}
