using NonLocal.Attention;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

public class NonLocalMemoryTests
{
    private const long Megabyte = 1_000_000;

    /// <summary>One map of all pairs would take 17,180 MB. Compiled, not run: a program knows its memory before.</summary>
    [Theory]
    [InlineData(Pairwise.EmbeddedGaussian, true)]
    [InlineData(Pairwise.EmbeddedGaussian, false)]
    [InlineData(Pairwise.DotProduct, true)]
    [InlineData(Pairwise.Concatenation, true)]
    public void Compile_ForwardAndBackwardOf65536Positions_Takes240MegabytesInAll(Pairwise pairwise, bool norm)
    {
        NonLocalBlock block = new(128, new NonLocalOptions { Pairwise = pairwise, Norm = norm });
        block.Train();
        Graph graph = new();
        Value x = graph.Input("x", [1, 256, 256, 128]);
        Value z = block.Forward(x);
        Value cotangent = graph.Input("gradient of z", z.Shape);
        Value[] targets = [x, .. block.Parameters().Select(graph.Read)];
        Value?[] gradients = Differentiation.Gradients([z], [cotangent], targets);
        Program program = Program.Compile(graph, [z, .. gradients.OfType<Value>()]);
        long bytes = program.ArenaBytes + program.InputBytes + program.OutputBytes;
        Assert.True(
            bytes <= 240 * Megabyte,
            $"{bytes / 1e6:F1} MB: arena {program.ArenaBytes / 1e6:F1}, inputs {program.InputBytes / 1e6:F1}, "
            + $"outputs {program.OutputBytes / 1e6:F1}; steps:\n{string.Join('\n', program.StepNames)}");
    }
}
