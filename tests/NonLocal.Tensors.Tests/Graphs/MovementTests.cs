using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Graphs;

public class MovementTests
{
    [Fact]
    public void SlicePadConcatPermute_Gradients_MatchDifferences()
    {
        Graph graph = new();
        Value x = graph.Input("x", [2, 3, 4, 5]);
        Value z = graph.Input("z", [2, 3, 4, 2]);
        Value[] outputs =
        [
            x.Slice([0, 1, 2, 0], [2, 2, 1, 5]), x.SliceAxis(-1, 1, 3), x.Pad([0, 1, 0, 0], [0, 0, 2, 0], 3), new[] { x, z, x }.Concat(-1),
            x.Permute(0, 3, 1, 2),
        ];
        GradientCheck.Run(graph, outputs);
    }

    [Fact]
    public void GatherAndScatter_Gradients_MatchDifferences()
    {
        Graph graph = new();
        Value x = graph.Input("x", [4, 3]);
        Value numbers = graph.Constant(Tensor.From([6], [3, 0, 3, 1, 1, 3]));
        Value y = x.GatherRows(numbers);
        GradientCheck.Run(graph, [y, y.ScatterAddRows(graph.Constant(Tensor.From([6], [0, 1, 1, 0, 2, 2])), 3)]);
    }

    [Fact]
    public void Movement_WrongSizes_AreNamed()
    {
        Graph graph = new();
        using Graph.LayerScope scope = graph.Enter("head");
        Value x = graph.Input("x", [2, 3, 4]);
        Assert.Contains("head", Assert.Throws<ShapeException>(() => x.SliceAxis(1, 2, 2)).Message);
        Assert.Contains(
            "differ in more than axis 1", Assert.Throws<ShapeException>(() => new[] { x, graph.Input("z", [2, 3, 5]) }.Concat(1)).Message);
        Assert.Contains("0 or more", Assert.Throws<ShapeException>(() => x.Pad([0, -1, 0], [0, 0, 0])).Message);
    }
}
