using BenchmarkDotNet.Attributes;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Benchmarks.Micro;

/// <summary>Matrix products: square, those of a non-local block's embeddings, of a classifier, and of a tall matrix.</summary>
public class MatrixProductRuns : OperationRuns
{
    /// <summary>Rows × columns × inner length.</summary>
    [Params("256x256x256", "1536x1536x1536", "3136x256x512", "784x512x1024", "1x1000x2048", "12544x64x64")]
    public string Size { get; set; } = "";

    /// <inheritdoc/>
    protected override (Value Output, Value[] Inputs) Build(Graph graph)
    {
        Shape size = Shape.Parse(Size);
        Value left = graph.Input("left", [size[0], size[2]]);
        Value right = Parameter(graph, [size[2], size[1]]);
        return (left.MatMul(right), [left, right]);
    }
}
