using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tests.Models;

/// <summary>What must hold once a residual network with non-local blocks runs again and again: the same bits, and no allocation.</summary>
public class SteadyStateTests
{
    private const int Repeats = 5;

    [Fact]
    public void TrainingStep_AnyNumberOfThreadsAndRepeats_SameBits()
    {
        float[]? first = null;
        foreach (int threads in new[] { 1, 2, 8 })
        {
            using WorkerPool pool = new(threads);
            TrainingStep step = Step(new CompileOptions { Pool = pool }, out Variable[] state);
            float[][] before = [.. state.Select(variable => variable.Value.Span.ToArray())];
            for (int repeat = 0; repeat < Repeats; repeat++)
            {
                for (int i = 0; i < state.Length; i++)
                {
                    state[i].Set(before[i]);
                }

                step.Program.Run();
                float[] now =
                [
                    .. step.Program.Outputs.SelectMany(output => output.Span.ToArray()),
                    .. state.SelectMany(variable => variable.Value.Span.ToArray()),
                ];
                first ??= now;
                Assert.True(first.AsSpan().SequenceEqual(now), $"{threads} threads, repeat {repeat}: other bits.");
            }
        }

        Assert.All(first!, number => Assert.True(float.IsFinite(number)));
    }

    [Fact]
    public void TrainingStep_OnceRunning_AllocatesNothing()
    {
        TrainingStep step = Step(new CompileOptions(), out _);
        Assert.Equal(0, BytesAllocated(step.Program));
    }

    [Theory]
    [InlineData(Pairwise.Gaussian)]
    [InlineData(Pairwise.EmbeddedGaussian)]
    [InlineData(Pairwise.DotProduct)]
    [InlineData(Pairwise.Concatenation)]
    public void Inference_OnceRunning_AllocatesNothing(Pairwise pairwise)
    {
        Program program = Network(pairwise).CompileForInference([2, 32, 32, 3]);
        Fill(program);
        Assert.Equal(0, BytesAllocated(program));
    }

    [Fact]
    public void Inference_EveryAttentionBlockOnceRunning_AllocatesNothing()
    {
        foreach (string name in AttentionRegistry.Names)
        {
            Layer block = AttentionRegistry.Create(name, 32);
            block.Initialize(seed: 1);
            long bytes = BytesAllocated(block.CompileForInference([1, 16, 16, 32]));
            Assert.True(bytes == 0, $"{name} allocates {bytes} bytes.");
        }
    }

    private static long BytesAllocated(Program program)
    {
        program.Run();
        program.Run();
        return Allocation.Of(program.Run);
    }

    private static TrainingStep Step(CompileOptions options, out Variable[] state)
    {
        Classifier network = Network(Pairwise.EmbeddedGaussian);
        TrainingStep step = TrainingStep.Compile(
            network, [4, 32, 32, 3], logits => logits.CrossEntropy(logits.Graph.Input("targets", [4])), options);
        Fill(step.Program);
        for (int i = 0; i < 4; i++)
        {
            step.Program.Inputs[1].Span[i] = i;
        }

        state = [.. network.Variables().Select(entry => entry.Variable).Where(variable => variable.Kind == VariableKind.State)];
        return step;
    }

    // Every parameter is random, so that no block is the identity.
    private static Classifier Network(Pairwise pairwise)
    {
        AttentionPlacement placement = new(
            2, channels => new NonLocalBlock(channels, new NonLocalOptions { Pairwise = pairwise }), AfterBlocks: [0, 2]);
        Classifier network = ModelRegistry.Create("cifar-resnet20", new ModelOptions { Attention = [placement] });
        network.Initialize(seed: 7);
        Random random = new(3);
        foreach (Variable parameter in network.Parameters())
        {
            parameter.Set([.. parameter.Value.Span.ToArray().Select(x => x + (0.1f * (random.NextSingle() - 0.5f)))]);
        }

        return network;
    }

    private static void Fill(Program program)
    {
        Random random = new(5);
        Span<float> input = program.Inputs[0].Span;
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = (random.NextSingle() * 2) - 1;
        }
    }
}
