using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

/// <summary>Four times the positions, four times the memory. Compiled, not run: a program knows its memory before.</summary>
public class ArenaLawTests
{
    private const int Channels = 16;

    // Beyond 4: what does not grow with the map at all, or tiles that are better filled.
    private const double Law = 4.3;

    public static TheoryData<string> Names => [.. AttentionRegistry.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Arena_OfFourTimesThePositions_IsFourTimesAsLarge(string name) =>
        Check(name, side => AttentionRegistry.Create(name, Channels).CompileForInference([1, side, side, Channels]).ArenaBytes);

    [Theory]
    [MemberData(nameof(Names))]
    public void TrainingArena_OfFourTimesThePositions_IsFourTimesAsLarge(string name) => Check(name, side => TrainingArena(name, side));

    [Fact]
    public void Arena_OfALiteralMapOfPairs_BreaksTheLaw()
    {
        Assert.True(Arena(128) > Law * Arena(64));

        static long Arena(int side) => AttentionRegistry
            .Create("non-local", Channels, new AttentionChoice { Route = Route.Literal })
            .CompileForInference([1, side, side, Channels]).ArenaBytes;
    }

    private static void Check(string name, Func<int, long> arena)
    {
        long small = arena(64);
        long large = arena(128);
        Assert.True(
            large <= Law * small, $"{name}: {large:N0} bytes at 128², {small:N0} at 64², {(double)large / small:F2} times as many.");
    }

    private static long TrainingArena(string name, int side)
    {
        Layer block = AttentionRegistry.Create(name, Channels);
        block.Train();
        Graph graph = new();
        Value x = graph.Input("x", [1, side, side, Channels]);
        Value y = block.Forward(x);
        Value cotangent = graph.Input("gradient", y.Shape);
        Value?[] gradients = Differentiation.Gradients([y], [cotangent], [x, .. block.Parameters().Select(graph.Read)]);
        return Program.Compile(graph, [y, .. gradients.OfType<Value>()]).ArenaBytes;
    }
}
