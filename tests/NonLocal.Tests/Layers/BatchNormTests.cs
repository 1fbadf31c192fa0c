using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Layers;

public class BatchNormTests
{
    private static readonly float[] Batch = [1, 10, 2, 30, 6, 20];

    [Fact]
    public void Training_TwoRuns_MovesStatisticsByMomentumWithUnbiasedVariance()
    {
        BatchNorm norm = new(2, momentum: 0.25);
        Run(norm, 2);
        Assert.Equal(Moved(Moved(0, 3, 0.25), 3, 0.25), Variable(norm, "running_mean")[0], 1e-5);
        Assert.Equal(Moved(Moved(1, 7, 0.25), 7, 0.25), Variable(norm, "running_var")[0], 1e-5);
        Assert.Equal(Moved(Moved(1, 100, 0.25), 100, 0.25), Variable(norm, "running_var")[1], 1e-4);
        Assert.Equal(2, Variable(norm, "num_batches_tracked")[0]);
    }

    [Fact]
    public void Training_NoMomentum_AveragesAllBatchesAlike()
    {
        BatchNorm norm = new(2, momentum: null);
        Run(norm, 3);
        Assert.Equal(3, Variable(norm, "running_mean")[0], 1e-5);
        Assert.Equal(7, Variable(norm, "running_var")[0], 1e-5);
    }

    [Fact]
    public void Training_Output_HasMeanZeroAndVarianceOne()
    {
        float[] y = Run(new BatchNorm(2, epsilon: 0), 1);
        Assert.Equal(0, y[0] + y[2] + y[4], 1e-5);
        Assert.Equal(3, (y[0] * y[0]) + (y[2] * y[2]) + (y[4] * y[4]), 1e-4);
    }

    [Fact]
    public void Inference_WithRunningStatistics_ScalesAndShifts()
    {
        BatchNorm norm = new(1, epsilon: 0.25);
        norm.EnsureInitialized();
        float[] values = [3, 5, 2, 0.75f];
        foreach ((ModuleVariable entry, float value) in norm.Variables().Zip(values))
        {
            entry.Variable.Set([value]);
        }

        Graph graph = new();
        Value x = graph.Input("x", [1, 2, 1]);
        Program program = Program.Compile(graph, [norm.Forward(x)]);
        Assert.Equal([8f, -4f], program.Run(Tensor.From([1, 2, 1], [3, -1]))[0].Span.ToArray());
    }

    [Fact]
    public void Inference_WithoutRunningStatistics_UsesThoseOfTheBatch()
    {
        BatchNorm norm = new(2, affine: false, trackRunningStatistics: false);
        Assert.Empty(norm.Variables());
        float[] y = Run(norm, 1, training: false);
        Assert.Equal(0, y[1] + y[3] + y[5], 1e-5);
    }

    [Fact]
    public void Training_OneValueAChannel_IsRefused() =>
        Assert.Throws<ShapeException>(() =>
        {
            BatchNorm norm = new(2);
            norm.Train();
            norm.Forward(new Graph().Input("x", [1, 1, 1, 2]));
        });

    private static double Moved(double running, double batch, double share) => (running * (1 - share)) + (batch * share);

    private static float[] Run(BatchNorm norm, int times, bool training = true)
    {
        norm.Training = training;
        Graph graph = new();
        Program program = Program.Compile(graph, [norm.Forward(graph.Input("x", [1, 3, 1, 2]))]);
        for (int i = 0; i < times; i++)
        {
            program.Run(Tensor.From([1, 3, 1, 2], Batch));
        }

        return program.Outputs[0].Span.ToArray();
    }

    private static float[] Variable(BatchNorm norm, string name) =>
        norm.Variables().Single(entry => entry.Name == name).Variable.Value.Span.ToArray();
}
