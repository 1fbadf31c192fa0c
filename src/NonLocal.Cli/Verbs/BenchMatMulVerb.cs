using System.CommandLine;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal bench matmul MxNxK</c>.</summary>
internal sealed class BenchMatMulVerb : BenchVerb
{
    private readonly Argument<string> size = new("MxNxK") { Description = "[M, K] times [K, N]; both are packed anew at every run." };

    /// <summary>The verb.</summary>
    public BenchMatMulVerb()
        : base(
            "matmul",
            "Measure the matrix product.",
            "nonlocal bench matmul 1536x1536x1536 --threads 1",
            "nonlocal bench matmul 784x512x2048 --repeat 30 --json") =>
        Arguments.Add(size);

    /// <inheritdoc/>
    protected override BenchSubject Build(ParseResult arguments)
    {
        string text = arguments.GetValue(size)!;
        Shape shape = Shape.Parse(text);
        if (shape.Rank != 3)
        {
            throw new UsageException($"size '{text}' has {shape.Rank} numbers, expected three: MxNxK, such as 1536x1536x1536.");
        }

        Graph graph = new();
        Value product = graph.Input("a", [shape[0], shape[2]]).MatMul(graph.Input("b", [shape[2], shape[1]]));
        return new BenchSubject(graph, [product], shape.Count);
    }
}
