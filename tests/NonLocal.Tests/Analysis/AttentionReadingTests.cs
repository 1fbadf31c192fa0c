using NonLocal.Analysis;
using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tests.Attention;

namespace NonLocal.Tests.Analysis;

public class AttentionReadingTests
{
    private static readonly Shape Input = [1, 3, 4, 6];

    [Fact]
    public void Of_SeveralBlocks_HasTheRowsAskedForOfEach()
    {
        NonLocalBlock first = BlockRun.Randomised(new NonLocalBlock(6));
        SqueezeExcitationBlock second = new(6, 2);
        Sequential network = new(("first", first), ("second", second), ("last", new Linear(6, 2)));
        network.EnsureInitialized();
        Tensor input = Tensor.From(Input, [.. Enumerable.Range(0, 72).Select(i => MathF.Sin(i * 0.7f))]);
        (float[] output, IReadOnlyList<AttentionReading> readings) = AttentionReading.Of(
            network, input, AttentionTap.All(network), (tap, map) => tap.Block == first ? [7, 0, 7] : [0]);

        Assert.Equal(network.CompileForInference(Input).Run(input)[0].Span.ToArray(), output);
        Assert.Equal([7, 0, 7], readings[0].Readers);
        Assert.Equal(12, readings[0].Width);
        Assert.Equal(readings[0].Row(0).ToArray(), readings[0].Row(2).ToArray());
        Assert.NotEqual(readings[0].Row(0).ToArray(), readings[0].Row(1).ToArray());
        Assert.Equal(1, readings[0].Row(1).ToArray().Sum(), 1e-5f);
        Assert.Equal((AttentionTarget.Gates, 6), (readings[1].Tap.Target, readings[1].Width));
        Assert.All(readings[1].Row(0).ToArray(), gate => Assert.InRange(gate, 0, 1));
    }

    [Fact]
    public void Gates_OfSqueezeAndExcitation_AreWhatItMultipliesBy()
    {
        SqueezeExcitationBlock block = new(6, 2);
        Sequential network = new(("block", block));
        network.EnsureInitialized();
        Tensor input = Tensor.From(Input, [.. Enumerable.Range(0, 72).Select(i => MathF.Cos(i * 0.3f))]);
        (float[] output, IReadOnlyList<AttentionReading> readings) =
            AttentionReading.Of(network, input, AttentionTap.All(network), (tap, map) => [0]);
        for (int i = 0; i < output.Length; i++)
        {
            Assert.Equal(input.Span[i] * readings[0].Weights[i % 6], output[i], 1e-6f);
        }
    }
}
