using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Graphs;

public class ElementwiseTests
{
    public static TheoryData<UnaryKind> UnaryKinds => [.. Enum.GetValues<UnaryKind>()];

    public static TheoryData<BinaryKind> BinaryKinds => [.. Enum.GetValues<BinaryKind>()];

    [Theory]
    [MemberData(nameof(UnaryKinds))]
    public void Unary_Gradient_MatchesDifferences(UnaryKind kind)
    {
        Graph graph = new();
        Value x = graph.Input("x", [3, 5]);
        GradientCheck.Run(graph, [x.Unary(kind)], sample: AwayFromZero);

        static double AwayFromZero(Random random) => 0.3 + random.NextDouble();
    }

    [Theory]
    [MemberData(nameof(BinaryKinds))]
    public void Binary_GradientWithBroadcasting_MatchesDifferences(BinaryKind kind)
    {
        Graph graph = new();
        Value a = graph.Input("a", [2, 3, 4]);
        Value b = graph.Input("b", [3, 1]);
        GradientCheck.Run(graph, [a.Binary(kind, b), b.Binary(kind, a)], sample: random => 0.3 + random.NextDouble());
    }

    [Theory]
    [InlineData(0.1, 0.1124629160182849)]
    [InlineData(-1.0, -0.8427007929497149)]
    [InlineData(2.4, 0.9993114861033549)]
    [InlineData(2.6, 0.9997639655834707)]
    [InlineData(5.0, 0.9999999999984626)]
    public void ErrorFunction_KnownValues_ToFifteenDigits(double x, double expected) =>
        Assert.Equal(expected, Unary.Apply(UnaryKind.ErrorFunction, x), 1e-14);

    [Fact]
    public void Binary_ShapesThatDoNotFit_NamesLayerAndShapes()
    {
        Graph graph = new();
        Value a = graph.Input("a", [2, 3]);
        Value b = graph.Input("b", [2, 4]);
        using Graph.LayerScope scope = graph.Enter("layer1");
        using Graph.LayerScope inner = graph.Enter("add");
        ShapeException error = Assert.Throws<ShapeException>(() => a + b);
        Assert.Contains("layer1.add", error.Message);
        Assert.Contains("2x3 and 2x4", error.Message);
    }
}
