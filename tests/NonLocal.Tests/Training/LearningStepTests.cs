using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;
using NonLocal.Training;

namespace NonLocal.Tests.Training;

public class LearningStepTests
{
    private const int Batch = 6;
    private const int Features = 5;
    private const int Classes = 3;

    public static TheoryData<bool, double?> Rules => new() { { false, null }, { true, null }, { false, 0.05 }, { true, 0.05 } };

    [Theory]
    [MemberData(nameof(Rules))]
    public void Run_SeamOrFused_SameParametersSlotsAndAverages(bool adam, double? maximumNorm)
    {
        UpdateRule rule = new()
        {
            Optimizer = adam ? new Adam { WeightDecay = 0.1 } : new Sgd { Momentum = 0.9, Nesterov = true, WeightDecay = 0.1 },
            MaximumNorm = maximumNorm,
            AverageDecay = 0.9,
        };
        AssertClose(Trained(rule, 1, seam: false), Trained(rule, 1, seam: true), 1e-6);
    }

    [Theory]
    [InlineData(2, null)]
    [InlineData(3, null)]
    [InlineData(6, null)]
    [InlineData(3, 0.2)]
    public void Run_MicroBatches_EqualOneBatch(int parts, double? maximumNorm)
    {
        UpdateRule rule = new() { Optimizer = new Sgd { Momentum = 0.9 }, MaximumNorm = maximumNorm };
        AssertClose(Trained(rule, 1), Trained(rule, parts), 1e-6);
    }

    [Fact]
    public void Run_DropoutInMicroBatches_DrawsOtherNumbersInEach()
    {
        Dropout dropout = new(seed: 3);
        Linear layer = new(8, 1, bias: false);
        layer.Weight.Set([1, 1, 1, 1, 1, 1, 1, 1]);
        ParameterUpdate state = new(new Sequential(dropout, layer), new UpdateRule { Optimizer = new Sgd() });
        LearningStep step = LearningStep.Compile(new Sequential(dropout, layer), [1, 8], y => y.Sum(), state, parts: 2);
        step.Inputs[0].Span.Fill(1);
        HashSet<string> masks = [];
        for (int run = 0; run < 4; run++)
        {
            float[] before = step.Accumulators[0].Value.Span.ToArray();
            step.Run(0, run / 2);
            if (run % 2 == 0)
            {
                masks.Add(string.Join(' ', step.Accumulators[0].Value.Span.ToArray()));
                Assert.All(before, sum => Assert.Equal(0, sum));
            }
        }

        Assert.Equal(2, masks.Count);
    }

    [Fact]
    public void Run_LargeGradient_IsClippedToTheNorm()
    {
        Linear layer = new(2, 1, bias: false);
        layer.Weight.Set([0, 0]);
        ParameterUpdate state = new(layer, new UpdateRule { Optimizer = new Sgd(), MaximumNorm = 0.5 });
        LearningStep step = LearningStep.Compile(layer, [1, 2], y => y.Sum(), state);
        Tensor.From([2], [3, 4]).Span.CopyTo(step.Inputs[0].Span);
        Assert.True(step.Run(1, 0));
        Assert.Equal(5f, step.GradientNorm!.Value, 1e-6);
        Assert.Equal(-0.3f, layer.Weight.Value.Span[0], 1e-6);
        Assert.Equal(-0.4f, layer.Weight.Value.Span[1], 1e-6);
    }

    [Fact]
    public void Run_DecayOfWeightsOnly_LeavesBiases()
    {
        Linear layer = new(1, 1);
        layer.Weight.Set([2]);
        layer.Bias!.Set([2]);
        UpdateRule rule = new() { Optimizer = new Sgd { WeightDecay = 0.5 }, Decays = UpdateRule.IsWeight };
        LearningStep step = LearningStep.Compile(layer, [1, 1], y => (y * 0.0).Sum(), new ParameterUpdate(layer, rule));
        step.Run(1, 0);
        Assert.Equal(1, layer.Weight.Value.Span[0]);
        Assert.Equal(2, layer.Bias.Value.Span[0]);
    }

    [Fact]
    public void Run_MovingAverage_FollowsTheParameters()
    {
        Linear layer = new(1, 1, bias: false);
        layer.Weight.Set([1]);
        ParameterUpdate state = new(layer, new UpdateRule { Optimizer = new Sgd(), AverageDecay = 0.75 });
        LearningStep step = LearningStep.Compile(layer, [1, 1], y => y.Sum(), state);
        step.Inputs[0].Span[0] = 4;
        step.Run(1, 0);
        Variable average = state.AverageOf(layer.Weight)!;
        Assert.Equal((-3f, 0f), (layer.Weight.Value.Span[0], average.Value.Span[0]));
        state.SwapAverages();
        Assert.Equal((0f, -3f), (layer.Weight.Value.Span[0], average.Value.Span[0]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Run_OnceRunning_AllocatesNothing(int parts)
    {
        UpdateRule rule = new() { Optimizer = new Adam(), MaximumNorm = 1, AverageDecay = 0.9 };
        Sequential network = Network();
        LearningStep step = LearningStep.Compile(network, [2, Features], Loss, new ParameterUpdate(network, rule), parts);
        Run(0, 4);
        Assert.Equal(0, Allocation.Of(() => Run(4, 8)));

        void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                step.Run(0.01, i / parts);
            }
        }
    }

    private static float[] Trained(UpdateRule rule, int parts, bool seam = false)
    {
        Sequential network = Network();
        ParameterUpdate state = new(network, rule);
        int rows = Batch / parts;
        LearningStep step = LearningStep.Compile(network, [rows, Features], Loss, state, parts, seam);
        Random random = new(5);
        for (int i = 0; i < 4; i++)
        {
            float[] x = [.. Enumerable.Range(0, Batch * Features).Select(_ => random.NextSingle() - 0.5f)];
            float[] targets = [.. Enumerable.Range(0, Batch).Select(_ => (float)random.Next(Classes))];
            for (int part = 0; part < parts; part++)
            {
                x.AsSpan(part * rows * Features, rows * Features).CopyTo(step.Inputs[0].Span);
                targets.AsSpan(part * rows, rows).CopyTo(step.Inputs[1].Span);
                Assert.Equal(part == parts - 1, step.Run(0.1, i));
            }
        }

        return [.. state.Parameters.SelectMany(Everything)];

        IEnumerable<float> Everything(ModuleVariable parameter) =>
        [
            .. parameter.Variable.Value.Span,
            .. state.SlotsOf(parameter.Variable).SelectMany(slot => slot.Value.Span.ToArray()),
            .. state.AverageOf(parameter.Variable) is { } average ? average.Value.Span.ToArray() : [],
        ];
    }

    private static Sequential Network()
    {
        Sequential network = new(new Linear(Features, 7), Functions.Relu(), new Linear(7, Classes));
        network.Initialize(9);
        return network;
    }

    private static Value Loss(Value logits) => logits.CrossEntropy(logits.Graph.Input("targets", [logits.Shape[0]]));

    private static void AssertClose(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"{i}: {expected[i]:R} and {actual[i]:R}.");
        }
    }
}
