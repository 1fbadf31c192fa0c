using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Graphs;

public class DifferentiationTests
{
    /// <summary>The gradient of a mean repeats one number a channel; where it is added to another, it is never stored.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Gradients_MeanBesideAnotherUse_AreRightAndStoreNoRepetition(bool meanFirst)
    {
        Graph graph = new();
        Value x = graph.Input("x", [2, 5, 3]);
        Value mean = meanFirst ? x.Mean(1) : x;
        Value y = x.Square() * (meanFirst ? mean : x.Mean(1));
        GradientCheck.Run(graph, [y]);
        Value[] gradients = [.. Differentiation.Gradients([y], [graph.Input("g", y.Shape)], [x]).OfType<Value>()];
        Program program = Program.Compile(graph, gradients);
        Assert.DoesNotContain(program.StepNames, step => step.Contains("broadcast", StringComparison.Ordinal));
    }
}
