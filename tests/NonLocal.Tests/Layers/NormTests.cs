using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Layers;

public class NormTests
{
    [Fact]
    public void LayerNorm_OverWholeMap_NormalisesEachSampleAndHasPyTorchShape()
    {
        LayerNorm norm = new([2, 1, 3], epsilon: 0);
        Assert.Equal(["weight 3x2x1", "bias 3x2x1"], norm.Variables().Select(entry => $"{entry.Name} {entry.PublishedShape}"));
        norm.EnsureInitialized();
        norm.Variables().Last().Variable.Set([1, 1, 1, 1, 1, 1]);
        float[] y = norm.CompileForInference([2, 2, 1, 3]).Run(
            Tensor.From([2, 2, 1, 3], [1, 2, 3, 4, 5, 6, 1, 1, 1, 3, 3, 3]))[0].Span.ToArray();
        Assert.Equal(1 - (2.5 / Math.Sqrt(35 / 12.0)), y[0], 1e-5);
        Assert.Equal([0, 0, 0, 2, 2, 2], y[6..], (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void LayerNorm_OtherLastAxes_IsRefused() =>
        Assert.Throws<ShapeException>(() => new LayerNorm([3]).Forward(new Graph().Input("x", [2, 4])));

    [Fact]
    public void GroupNorm_TwoGroups_NormalisesEachAndScalesChannels()
    {
        GroupNorm norm = new(2, 4, epsilon: 0);
        norm.EnsureInitialized();
        norm.Variables().First().Variable.Set([1, 2, 3, 4]);
        float[] y = norm.CompileForInference([1, 1, 4]).Run(Tensor.From([1, 1, 4], [5, 9, 0, 10]))[0].Span.ToArray();
        Assert.Equal([-1, 2, -3, 4], y, (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void GroupNorm_GroupsDoNotDivide_IsRefused() => Assert.Throws<ShapeException>(() => new GroupNorm(3, 4));

    [Fact]
    public void Functions_InASequential_PoolResizeAndFlatten()
    {
        Sequential network = new(
            Functions.Relu(),
            Functions.MaxPool([2, 1]),
            Functions.ResizeLinear([1, 4], alignCorners: true),
            Functions.AveragePool([1, 2]),
            Functions.AdaptiveAveragePool([1, 1]),
            Functions.Flatten());
        Tensor x = Tensor.From([1, 2, 2, 1], [-1, 4, -2, 1]);
        Assert.Equal([2f], network.CompileForInference(x.Shape).Run(x)[0].Span.ToArray());
        Assert.Equal(new Shape(1, 1), network.Forward(new Graph().Input("x", x.Shape)).Shape);
    }
}
