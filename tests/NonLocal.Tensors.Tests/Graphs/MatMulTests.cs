using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Graphs;

public class MatMulTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void MatMul_GradientBatchedAndShared_MatchesDifferences(bool transposeLeft, bool transposeRight)
    {
        Graph graph = new();
        Value a = graph.Input("a", transposeLeft ? [2, 4, 3] : [2, 3, 4]);
        Value batched = graph.Input("b", transposeRight ? [2, 5, 4] : [2, 4, 5]);
        Value shared = graph.Input("c", transposeRight ? [5, 4] : [4, 5]);
        GradientCheck.Run(graph, [a.MatMul(batched, transposeLeft, transposeRight), a.MatMul(shared, transposeLeft, transposeRight)]);
    }

    [Fact]
    public void MatMul_GradientWithEpilogue_MatchesDifferences()
    {
        Graph graph = new();
        Value a = graph.Input("a", [3, 4]);
        Value b = graph.Input("b", [4, 5]);
        Value bias = graph.Input("bias", [5]);
        Value residual = graph.Input("residual", [3, 5]);
        Epilogue epilogue = new(Bias: true, Residual: true, Activation.Relu);
        GradientCheck.Run(graph, [graph.Apply(new MatMul(Epilogue: epilogue), a, b, bias, residual)], seed: 3);
    }

    [Fact]
    public void MatMul_InnerLengthsDiffer_SaysWhich()
    {
        Graph graph = new();
        Value a = graph.Input("a", [3, 4]);
        Value b = graph.Input("b", [5, 6]);
        Assert.Contains("3x4 times 5x6", Assert.Throws<ShapeException>(() => a.MatMul(b)).Message);
    }
}
