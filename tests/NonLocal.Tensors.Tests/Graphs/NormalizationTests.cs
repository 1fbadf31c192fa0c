using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Graphs;

public class NormalizationTests
{
    [Fact]
    public void BatchNorm_GradientThroughResultAndStatistics_MatchesDifferences()
    {
        Graph graph = new();
        Value x = graph.Input("x", [3, 2, 4, 5]);
        Value scale = graph.Input("scale", [5]);
        Value shift = graph.Input("shift", [5]);
        NormalizedValue norm = x.BatchNorm(scale, shift);
        GradientCheck.Run(graph, [norm.Result, norm.Mean, norm.Variance]);
    }

    [Fact]
    public void GroupLayerAndInstanceNorm_Gradients_MatchDifferences()
    {
        Graph graph = new();
        Value x = graph.Input("x", [2, 3, 4, 6]);
        Value scale = graph.Input("scale", [6]);
        Value shift = graph.Input("shift", [6]);
        Value whole = graph.Input("whole", [3, 4, 6]);
        Value[] outputs =
        [
            x.GroupNorm(2, scale, shift), x.GroupNorm(3), x.InstanceNorm(scale),
            x.LayerNorm(1, scale, shift), x.LayerNorm(3, whole), x.LayerNorm(2),
        ];
        GradientCheck.Run(graph, outputs);
    }

    [Fact]
    public void LayerNorm_WholeSample_EqualsGroupNormOfOneGroup()
    {
        Graph graph = new();
        Value x = graph.Input("x", [2, 3, 4, 6]);
        Value difference = x.LayerNorm(3) - x.GroupNorm(1);
        Interpreter<double> interpreter = new(graph);
        interpreter.Feed(x, [.. Enumerable.Range(0, 144).Select(i => Math.Sin(i * i))]);
        interpreter.Run(difference);
        Assert.All(interpreter[difference].ToArray(), gap => Assert.Equal(0, gap, 1e-12));
    }

    [Fact]
    public void Normalization_WrongSizes_NameTheLayer()
    {
        Graph graph = new();
        using Graph.LayerScope scope = graph.Enter("stem.norm");
        Value x = graph.Input("x", [2, 3, 4, 6]);
        Value scale = graph.Input("scale", [5]);
        Assert.Contains("stem.norm", Assert.Throws<ShapeException>(() => x.BatchNorm(scale)).Message);
        Assert.Contains("4 equal groups", Assert.Throws<ShapeException>(() => x.GroupNorm(4)).Message);
        Assert.Contains("3x4x6", Assert.Throws<ShapeException>(() => x.LayerNorm(3, scale)).Message);
    }
}
