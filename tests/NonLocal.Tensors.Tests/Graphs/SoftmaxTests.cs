using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Graphs;

public class SoftmaxTests
{
    [Fact]
    public void Softmax_Gradient_MatchesDifferences()
    {
        Graph graph = new();
        Value x = graph.Input("x", [2, 5, 3]);
        GradientCheck.Run(graph, [x.Softmax(), x.Softmax(1), x.LogSoftmax(), x.LogSoftmax(0)]);
    }

    [Theory]
    [InlineData(LossReduction.Mean, 0, false)]
    [InlineData(LossReduction.Mean, 0.2, true)]
    [InlineData(LossReduction.Sum, 0.1, false)]
    [InlineData(LossReduction.None, 0.1, true)]
    public void CrossEntropy_Gradient_MatchesDifferences(LossReduction reduction, double smoothing, bool weighted)
    {
        Graph graph = new();
        Value x = graph.Input("x", [5, 4]);
        Value targets = graph.Constant(Tensor.From([5], [3, 0, -100, 1, 1]));
        Value? weights = weighted ? graph.Constant(Tensor.From([4], [1, 0.5f, 2, 0.25f])) : null;
        GradientCheck.Run(graph, [x.CrossEntropy(targets, weights, reduction, smoothing)]);
    }

    [Fact]
    public void CrossEntropy_ByHand_MeanDividesByTargetWeights()
    {
        // Two even classes: every row loses ln 2; weights 1 and 3, the third row does not count.
        Graph graph = new();
        Value x = graph.Input("x", [3, 2]);
        Value targets = graph.Constant(Tensor.From([3], [0, 1, -100]));
        Value weights = graph.Constant(Tensor.From([2], [1, 3]));
        Value mean = x.CrossEntropy(targets, weights);
        Value rows = x.CrossEntropy(targets, weights, LossReduction.None);
        Interpreter<double> interpreter = new(graph);
        interpreter.Feed(x, new double[6]);
        interpreter.Run(mean, rows);
        Assert.Equal(Math.Log(2), interpreter[mean][0], 1e-12);
        Assert.Equal([Math.Log(2), 3 * Math.Log(2), 0], interpreter[rows].ToArray());
    }

    [Fact]
    public void MeanSquaredError_Gradient_MatchesDifferences()
    {
        Graph graph = new();
        Value x = graph.Input("x", [5, 4]);
        Value y = graph.Input("y", [5, 4]);
        GradientCheck.Run(graph, [x.MeanSquaredError(y)]);
    }

    [Fact]
    public void CrossEntropy_WrongSizes_AreNamed()
    {
        Graph graph = new();
        Value x = graph.Input("x", [5, 4]);
        Value targets = graph.Input("t", [4]);
        Assert.Contains("5x4", Assert.Throws<ShapeException>(() => x.CrossEntropy(targets)).Message);
        Assert.Contains("axis 2", Assert.Throws<ShapeException>(() => x.Softmax(2)).Message);
    }
}
