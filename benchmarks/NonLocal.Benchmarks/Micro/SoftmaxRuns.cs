using BenchmarkDotNet.Attributes;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Benchmarks.Micro;

/// <summary>Softmax over rows and over columns.</summary>
public class SoftmaxRuns : OperationRuns
{
    /// <summary>The table.</summary>
    [Params("784x784", "3136x3136", "12544x10")]
    public string Table { get; set; } = "";

    /// <summary>0: over columns; 1: over rows.</summary>
    [Params(0, 1)]
    public int Axis { get; set; }

    /// <inheritdoc/>
    protected override (Value Output, Value[] Inputs) Build(Graph graph)
    {
        Value x = graph.Input("x", Shape.Parse(Table));
        return (x.Softmax(Axis), [x]);
    }
}
