using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Denoising;

namespace NonLocal.Vision.Tests.Denoising;

public sealed class ClippedNoiseTests
{
    public static TheoryData<double, double, double> Scales => new()
    {
        { 0.1, 0, 1 },
        { 50, 0, 255 },
        { 0.5, -1, 3 },
        { 4, 0, 1 },
        { 1, 0, 200 },
    };

    // The sums of a fine rule over ten deviations.
    [Theory]
    [MemberData(nameof(Scales))]
    public void Moments_AnyCleanSample_AreThoseOfTheClippedNormal(double sigma, double low, double high)
    {
        ClippedNoise noise = new(sigma, new(low, high));
        foreach (double clean in Between(low, high, 7))
        {
            const int Points = 20_000;
            (double weights, double sum, double squares) = (0, 0, 0);
            for (int i = 0; i <= Points; i++)
            {
                double n = -10 + (20.0 * i / Points);
                double weight = Math.Exp(-0.5 * n * n);
                double y = Math.Clamp(clean + (sigma * n), low, high);
                weights += weight;
                sum += weight * y;
                squares += weight * (y - clean) * (y - clean);
            }

            double mean = sum / weights;
            (double actualMean, double actualVariance) = noise.Moments(clean);
            Assert.Equal(mean, actualMean, 1e-6 * sigma);
            Assert.Equal((squares / weights) - ((mean - clean) * (mean - clean)), actualVariance, 1e-6 * sigma * sigma);
        }
    }

    [Fact]
    public void Moments_FarFromTheEnds_AreThoseOfTheNormal()
    {
        (double mean, double variance) = new ClippedNoise(1e-4, new(0, 1)).Moments(0.3);
        Assert.Equal(0.3, mean, 1e-15);
        Assert.Equal(1e-8, variance, 1e-20);
    }

    // Half of the noise is gone: φ(0) σ and (1/2 − 1/(2π)) σ².
    [Fact]
    public void Moments_AtAnEnd_AreThoseOfHalfANormal()
    {
        (double mean, double variance) = new ClippedNoise(2, new(0, 255)).Moments(0);
        Assert.Equal(2 / Math.Sqrt(2 * Math.PI), mean, 1e-12);
        Assert.Equal(4 * (0.5 - (0.5 / Math.PI)), variance, 1e-12);
    }

    [Theory]
    [MemberData(nameof(Scales))]
    public void Clean_MeanOfACleanSample_IsThatSample(double sigma, double low, double high)
    {
        ClippedNoise noise = new(sigma, new(low, high));
        foreach (double clean in Between(low, high, 11))
        {
            (double mean, double variance) = noise.Moments(clean);
            Assert.Equal(clean, noise.Clean(mean), 1e-9 * (high - low));
            Assert.Equal(variance, noise.Variance(mean), 1e-9 * sigma * sigma);
        }

        Assert.Equal(low, noise.Clean(low - sigma), 1e-9 * (high - low));
        Assert.Equal(high, noise.Clean(high + sigma), 1e-9 * (high - low));
    }

    [Theory]
    [MemberData(nameof(Scales))]
    public unsafe void Table_AnyMean_EqualsTheFormula(double sigma, double low, double high)
    {
        ClippedNoise noise = new(sigma, new(low, high));
        MemoryBlock points = new(ClippedNoiseTable.Length(noise));
        ClippedNoiseTable table = new(noise, points.Pointer);
        double tolerance = (8e-6 * sigma) + (2e-7 * (high - low));
        foreach (double mean in Between(low - 1, high + 1, 501))
        {
            Assert.Equal(noise.Clean(mean), table.Clean((float)mean), tolerance);
            Assert.Equal(noise.Variance(mean), table.Variance((float)mean), tolerance * sigma);
        }

        GC.KeepAlive(points);
    }

    private static IEnumerable<double> Between(double low, double high, int count) =>
        Enumerable.Range(0, count).Select(i => low + ((high - low) * i / (count - 1)));
}
