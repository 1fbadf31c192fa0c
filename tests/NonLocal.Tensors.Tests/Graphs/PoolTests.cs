using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Graphs;

public class PoolTests
{
    [Fact]
    public void MaxPool_Gradient_MatchesDifferences()
    {
        Graph graph = new();
        Value x = graph.Input("x", [2, 5, 6, 3]);
        Value line = graph.Input("line", [1, 9, 2]);
        Value[] outputs =
        [
            x.MaxPool(ConvolutionGeometry.Create([3, 2], [2, 1], [1, 0])),
            x.MaxPool(ConvolutionGeometry.Create([2, 2], [2, 2]), ceiling: true),
            line.MaxPool(ConvolutionGeometry.Create([3], [1], [1], [2])),
        ];
        GradientCheck.Run(graph, outputs);
    }

    [Fact]
    public void AveragePoolAndResize_FirstAndSecondGradients_MatchDifferences()
    {
        Graph graph = new();
        Value x = graph.Input("x", [2, 5, 6, 3]);
        ConvolutionGeometry window = ConvolutionGeometry.Create([3, 2], [2, 1], [1, 0]);
        Value[] outputs =
        [
            x.AveragePool(window), x.AveragePool(window, ceiling: true, countPadding: false),
            x.AdaptiveAveragePool([3, 8]), x.ResizeNearest([9, 4]),
            x.ResizeLinear([9, 4]), x.ResizeLinear([3, 11], alignCorners: true),
        ];
        Value?[] gradients = Differentiation.Gradients(outputs, [.. outputs.Select(output => output * output)], [x]);
        GradientCheck.Run(graph, [.. outputs, gradients[0]!]);
    }

    [Fact]
    public void MaxPool_Ties_FirstInRowMajorOrderWins()
    {
        Graph graph = new();
        Value x = graph.Input("x", [1, 2, 2, 1]);
        Value y = x.MaxPool(ConvolutionGeometry.Create([2, 2]));
        Value gradient = Differentiation.Gradients([y], [graph.Constant(1).Reshape(y.Shape)], [x])[0]!;
        Interpreter<double> interpreter = new(graph);
        interpreter.Feed(x, [3, 3, 3, 3]);
        interpreter.Run(gradient);
        Assert.Equal([1.0, 0, 0, 0], interpreter[gradient].ToArray());
    }

    [Theory]
    [InlineData(5, 2, 2, false, 2)]
    [InlineData(5, 2, 2, true, 3)]
    [InlineData(6, 3, 2, true, 3)]
    [InlineData(7, 3, 2, true, 3)]
    [InlineData(4, 1, 3, true, 2)]
    [InlineData(3, 1, 3, true, 1)]
    public void MaxPool_Ceiling_CountsLastWindowThatStartsInside(int length, int kernel, int stride, bool ceiling, int expected)
    {
        Graph graph = new();
        Value x = graph.Input("x", [1, length, 1]);
        Assert.Equal(expected, x.MaxPool(ConvolutionGeometry.Create([kernel], [stride]), ceiling).Shape[1]);
    }

    [Fact]
    public void Adaptive_ByHand_BinsOverlap()
    {
        // 5 positions in 3 bins: 0–1, 1–3, 3–4.
        Graph graph = new();
        Value x = graph.Input("x", [1, 5, 1]);
        Value y = x.AdaptiveAveragePool([3]);
        Interpreter<double> interpreter = new(graph);
        interpreter.Feed(x, [1, 2, 4, 8, 16]);
        interpreter.Run(y);
        Assert.Equal(1.5, interpreter[y][0], 1e-12);
        Assert.Equal(14.0 / 3, interpreter[y][1], 1e-12);
        Assert.Equal(12, interpreter[y][2], 1e-12);
    }

    [Fact]
    public void Resize_ByHand_FollowsBothCornerRules()
    {
        Graph graph = new();
        Value x = graph.Input("x", [1, 2, 1]);
        Value areas = x.ResizeLinear([4]);
        Value corners = x.ResizeLinear([3], alignCorners: true);
        Interpreter<double> interpreter = new(graph);
        interpreter.Feed(x, [0, 8]);
        interpreter.Run(areas, corners);
        Assert.Equal([0, 2, 6, 8], interpreter[areas].ToArray());
        Assert.Equal([0, 4, 8], interpreter[corners].ToArray());
    }

    [Fact]
    public void Pool_WrongSizes_AreNamed()
    {
        Graph graph = new();
        using Graph.LayerScope scope = graph.Enter("stem.pool");
        Value x = graph.Input("x", [1, 8, 8, 3]);
        string padding = Assert.Throws<ShapeException>(() => x.MaxPool(ConvolutionGeometry.Create([3, 3], null, [2, 2]))).Message;
        Assert.Contains("stem.pool", padding);
        Assert.Contains("more than half", padding);
        Assert.Contains("1-D window", Assert.Throws<ShapeException>(() => x.AveragePool(ConvolutionGeometry.Create([3]))).Message);
        Assert.Contains("each spatial axis", Assert.Throws<ShapeException>(() => x.AdaptiveAveragePool([3])).Message);
    }
}
