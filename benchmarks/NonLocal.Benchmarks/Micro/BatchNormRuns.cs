using BenchmarkDotNet.Attributes;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Benchmarks.Micro;

/// <summary>Batch norm with the batch's own statistics.</summary>
public class BatchNormRuns : OperationRuns
{
    /// <summary>The map.</summary>
    [Params("128x32x32x16", "128x8x8x64", "8x56x56x256", "8x7x7x2048")]
    public string Map { get; set; } = "";

    /// <inheritdoc/>
    protected override (Value Output, Value[] Inputs) Build(Graph graph)
    {
        Shape map = Shape.Parse(Map);
        Value x = graph.Input("x", map);
        Value scale = Parameter(graph, [map.Last]);
        Value shift = Parameter(graph, [map.Last]);
        return (x.BatchNorm(scale, shift).Result, [x, scale, shift]);
    }
}
