using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Layers;

public class TrainingStepTests
{
    [Fact]
    public void Run_LinearAndSquareLoss_GivesLossPredictionAndGradients()
    {
        Linear layer = new(2, 1);
        layer.Weight.Set([3, 5]);
        layer.Bias!.Set([1]);
        TrainingStep step = TrainingStep.Compile(
            layer, [1, 2], prediction => (prediction - prediction.Graph.Input("target", [1, 1])).Square().Sum());
        step.Program.Run(Tensor.From([1, 2], [2, 4]), Tensor.From([1, 1], [25]));
        Assert.Equal(27, step.Prediction.Span[0]);
        Assert.Equal(4, step.Loss);
        Assert.Equal([layer.Weight, layer.Bias], step.Parameters);
        Assert.Equal([8f, 16f], step.Gradients[0].Span.ToArray());
        Assert.Equal([4f], step.Gradients[1].Span.ToArray());
        Assert.False(layer.Training);
    }

    [Fact]
    public void Run_PartSetToEvaluate_KeepsItsStatistics()
    {
        BatchNorm moving = new(1);
        BatchNorm frozen = new(1);
        Sequential network = new(moving, frozen);
        network.Train();
        frozen.Evaluate();
        TrainingStep.Compile(network, [2, 1], prediction => prediction.Sum()).Program.Run(Tensor.From([2, 1], [5, 7]));
        Assert.Equal(1, Batches(moving));
        Assert.Equal(0, Batches(frozen));
    }

    [Fact]
    public void Compile_LossIsNotOneNumber_Throws() =>
        Assert.Contains(
            "2x1",
            Assert.Throws<ShapeException>(() => TrainingStep.Compile(new Linear(2, 1), [2, 2], prediction => prediction)).Message);

    private static float Batches(BatchNorm norm) =>
        norm.Variables().Single(entry => entry.Layout == WeightLayout.Counter).Variable.Value.Span[0];
}
