using BenchmarkDotNet.Attributes;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Benchmarks.Micro;

/// <summary>Chains of element-wise work, which run in one pass over memory.</summary>
public class ElementwiseRuns : OperationRuns
{
    /// <summary>The map.</summary>
    [Params("1x56x56x64", "8x56x56x256")]
    public string Map { get; set; } = "";

    /// <summary>Which chain.</summary>
    [Params("add-relu", "scale-shift-relu", "sigmoid-multiply")]
    public string Chain { get; set; } = "";

    /// <inheritdoc/>
    protected override (Value Output, Value[] Inputs) Build(Graph graph)
    {
        Shape map = Shape.Parse(Map);
        Value x = graph.Input("x", map);
        Value other = graph.Input("other", Chain == "scale-shift-relu" ? [map.Last] : map);
        Value y = Chain switch
        {
            "add-relu" => (x + other).Relu(),
            "scale-shift-relu" => ((x * other) + other).Relu(),
            _ => x * other.Sigmoid(),
        };
        return (y, [x, other]);
    }
}
