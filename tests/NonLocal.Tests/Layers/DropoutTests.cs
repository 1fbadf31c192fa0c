using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tests.Layers;

public class DropoutTests
{
    private static readonly Shape Many = [4, 10_001];

    [Fact]
    public void Training_Ones_LosesTheShareAndScalesTheRest()
    {
        float[] y = Run(Network("drop"), 3);
        Assert.Equal(
            ["0", "1.25"], y.Distinct().Select(value => value.ToString(System.Globalization.CultureInfo.InvariantCulture)).Order());
        Assert.Equal(0.2, y.Count(value => value == 0) / (double)y.Length, 0.01);
    }

    [Fact]
    public void Training_WholeChannels_EachSamplesChannelIsAllOrNothing()
    {
        Dropout dropout = new(0.5, wholeChannels: true) { Training = true };
        Graph graph = new();
        Program program = Program.Compile(graph, [dropout.Forward(graph.Input("x", [3, 2, 4, 16]))]);
        program.Inputs[0].Span.Fill(1);
        program.Run();
        float[] y = program.Outputs[0].Span.ToArray();
        Assert.Equal([0, 2], y.Distinct().Order());
        for (int i = 0; i < y.Length; i++)
        {
            Assert.Equal(y[(i / 128 * 128) + (i % 16)], y[i]);
        }

        Assert.NotEqual(y[..16], y[128..144]);
    }

    [Fact]
    public void Training_SameStep_SameElements_OtherStepSeedOrName_Others()
    {
        float[] y = Run(Network("drop"), 3);
        Assert.Equal(y, Run(Network("drop"), 3));
        Assert.NotEqual(y, Run(Network("drop"), 4));
        Assert.NotEqual(y, Run(Network("other"), 3));
        Assert.NotEqual(y, Run(Network("drop", seed: 1), 3));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Training_AnyThreads_SameBitsAsLiteral(int threads)
    {
        using WorkerPool pool = new(threads);
        Assert.Equal(
            Run(Network("drop"), 3, new CompileOptions { LiteralKernels = true }),
            Run(Network("drop"), 3, new CompileOptions { Pool = pool }));
    }

    [Fact]
    public void Training_TwoLayers_ShareOneStepInput()
    {
        Graph graph = new();
        Sequential network = new(new Dropout(), new Dropout());
        network.Train();
        network.Forward(graph.Input("x", [2, 2]));
        Assert.Equal(["x", "step"], graph.InputNames);
    }

    [Fact]
    public void Inference_IsTheIdentity()
    {
        Graph graph = new();
        Value x = graph.Input("x", [2, 2]);
        Assert.Same(x, new Dropout().Forward(x));
    }

    private static Sequential Network(string name, ulong seed = 0)
    {
        Sequential network = new((name, new Dropout(0.2, seed)));
        network.Train();
        return network;
    }

    private static float[] Run(Sequential network, float step, CompileOptions? options = null)
    {
        Graph graph = new();
        Program program = Program.Compile(graph, [network.Forward(graph.Input("x", Many))], options);
        program.Inputs[0].Span.Fill(1);
        program.Inputs[1].Span[0] = step;
        program.Run();
        return program.Outputs[0].Span.ToArray();
    }
}
