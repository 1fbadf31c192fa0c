using NonLocal.Tensors;
using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Denoising;

namespace NonLocal.Vision.Tests.Denoising;

public sealed class DenoisingRiskTests
{
    private const double Sigma = 0.1;

    private static readonly NonLocalMeansOptions Usual = new() { PatchRadius = 2, SearchRadius = 5, Decay = 0.05, Sigma = Sigma };

    [Theory]
    [InlineData(1, Aggregation.Patchwise, 0.04)]
    [InlineData(1, Aggregation.Pixelwise, 0.08)]
    [InlineData(3, Aggregation.Patchwise, 0.02)]
    public void Of_NoisyScene_IsTheErrorThatTheCleanOneShows(int channels, Aggregation aggregation, double decay)
    {
        Tensor clean = NoisyScene.Clean(96, 112, channels);
        Tensor noisy = NoisyScene.Noisy(clean, Sigma);
        NonLocalMeansOptions options = Usual with { Aggregation = aggregation, Decay = decay };
        double error = Error(NonLocalMeans.Denoise(noisy, options), clean);
        Assert.InRange(error / (Sigma * Sigma), 0.02, 0.5);
        Assert.InRange(DenoisingRisk.Of(noisy, options), error - (0.04 * Sigma * Sigma), error + (0.04 * Sigma * Sigma));
    }

    /// <summary>A picture that stays as it is keeps all of its noise: its divergence is the number of samples.</summary>
    [Fact]
    public void Of_WindowOfOnePixel_IsTheNoise() => Assert.Equal(
        Sigma * Sigma,
        DenoisingRisk.Of(NoisyScene.Noisy(NoisyScene.Clean(20, 30, 1), Sigma), Usual with { SearchRadius = 0 }),
        1e-6);

    /// <summary>Samples and noise times 256 are the same picture in another unit.</summary>
    [Fact]
    public void Of_AnotherUnit_GrowsWithItsSquare()
    {
        Tensor noisy = NoisyScene.Noisy(NoisyScene.Clean(24, 31, 1), Sigma);
        Tensor scaled = noisy.Copy();
        foreach (ref float sample in scaled.Span)
        {
            sample *= 256;
        }

        NonLocalMeansOptions options = Usual with { Decay = 256 * Usual.Decay, Sigma = 256 * Sigma };
        Assert.Equal(65536 * DenoisingRisk.Of(noisy, Usual), DenoisingRisk.Of(scaled, options), 65536 * 1e-5);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(2)]
    public void Least_DecaysFarApart_ChoosesAsTheCleanPictureDoes(ulong seed)
    {
        Tensor clean = NoisyScene.Clean(64, 80, 1);
        Tensor noisy = NoisyScene.Noisy(clean, Sigma, seed);
        NonLocalMeansOptions[] candidates = [.. new[] { 0.01, 0.05, 0.3 }.Select(decay => Usual with { Decay = decay })];
        Assert.Same(
            candidates.MinBy(candidate => Error(NonLocalMeans.Denoise(noisy, candidate), clean)),
            DenoisingRisk.Least(noisy, candidates));
    }

    [Fact]
    public void Least_AnyThreads_AreTheSameBits()
    {
        Tensor noisy = NoisyScene.Noisy(NoisyScene.Clean(70, 131, 1), Sigma);
        using WorkerPool one = new(1);
        using WorkerPool three = new(3);
        Assert.Equal(DenoisingRisk.Of(noisy, Usual, one), DenoisingRisk.Of(noisy, Usual, three));
    }

    [Fact]
    public void Least_BadOptions_AreRefused()
    {
        Tensor noisy = NoisyScene.Clean(9, 9, 1);
        Assert.Contains("above 0", Refused(Usual with { Sigma = 0 }), StringComparison.Ordinal);
        Assert.Contains("ClippedTo", Refused(Usual with { ClippedTo = new(0, 1) }), StringComparison.Ordinal);
        Assert.Contains("the same for all", Refused(Usual, Usual with { Sigma = 0.2 }), StringComparison.Ordinal);
        Assert.Contains("the same for all", Refused(), StringComparison.Ordinal);

        string Refused(params NonLocalMeansOptions[] candidates) =>
            Assert.Throws<ArgumentException>(() => DenoisingRisk.Least(noisy, candidates)).Message;
    }

    private static double Error(Tensor result, Tensor clean)
    {
        double sum = 0;
        for (int i = 0; i < clean.Length; i++)
        {
            double difference = (double)result.Span[i] - clean.Span[i];
            sum += difference * difference;
        }

        return sum / clean.Length;
    }
}
