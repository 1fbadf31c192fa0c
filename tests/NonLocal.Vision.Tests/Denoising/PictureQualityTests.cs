using NonLocal.Tensors;
using NonLocal.Vision.Denoising;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Denoising;

public sealed class PictureQualityTests
{
    [Fact]
    public void PeakSignalToNoise_KnownError_IsItsLevel()
    {
        Tensor clean = NoisyScene.Clean(20, 20, 3);
        Tensor other = clean.Copy();
        for (int i = 0; i < other.Length; i++)
        {
            other.Span[i] += i % 2 == 0 ? 0.1f : -0.1f;
        }

        Assert.Equal(20, PictureQuality.PeakSignalToNoise(other, clean, 1), 1e-5);
        Assert.Equal(double.PositiveInfinity, PictureQuality.PeakSignalToNoise(clean, clean, 1));
    }

    [Fact]
    public void StructuralSimilarity_EqualPictures_IsOne()
    {
        Tensor clean = NoisyScene.Clean(20, 30, 3);
        Assert.Equal(1, PictureQuality.StructuralSimilarity(clean, clean, 1)!.Value, 1e-12);
    }

    // Constant pictures have neither variance nor covariance: what remains is (2ab + C₁)/(a² + b² + C₁).
    [Fact]
    public void StructuralSimilarity_ConstantPictures_ComparesTheirMeans()
    {
        Tensor a = new([12, 13, 1]);
        a.Span.Fill(0.5f);
        Tensor b = new([12, 13, 1]);
        b.Span.Fill(0.25f);
        double expected = ((2 * 0.5 * 0.25) + 1e-4) / (0.25 + 0.0625 + 1e-4);
        Assert.Equal(expected, PictureQuality.StructuralSimilarity(a, b, 1)!.Value, 1e-9);
    }

    [Fact]
    public void StructuralSimilarity_Definition_IsMatchedAtOneWindow()
    {
        Tensor a = NoisyScene.Clean(11, 11, 1);
        Tensor b = NoisyScene.Noisy(a, 0.1);
        double[] weights = new double[121];
        for (int i = 0; i < 121; i++)
        {
            weights[i] = Math.Exp(-((Math.Pow((i / 11) - 5, 2) + Math.Pow((i % 11) - 5, 2)) / 4.5));
        }

        double total = weights.Sum();
        double Mean(Func<int, double> of) => weights.Select((weight, i) => weight / total * of(i)).Sum();
        double meanA = Mean(i => a.Span[i]);
        double meanB = Mean(i => b.Span[i]);
        double varianceA = Mean(i => Math.Pow(a.Span[i] - meanA, 2));
        double varianceB = Mean(i => Math.Pow(b.Span[i] - meanB, 2));
        double covariance = Mean(i => (a.Span[i] - meanA) * (b.Span[i] - meanB));
        double expected = ((2 * meanA * meanB) + 1e-4) * ((2 * covariance) + 9e-4)
            / (((meanA * meanA) + (meanB * meanB) + 1e-4) * (varianceA + varianceB + 9e-4));
        Assert.Equal(expected, PictureQuality.StructuralSimilarity(b, a, 1)!.Value, 1e-9);
    }

    [Fact]
    public void StructuralSimilarity_PictureSmallerThanAWindow_IsUnknown() =>
        Assert.Null(PictureQuality.StructuralSimilarity(new Tensor([10, 40, 1]), new Tensor([10, 40, 1]), 1));

    [Fact]
    public void Measures_DifferentShapes_SayWhich()
    {
        Tensor a = new([12, 12, 1]);
        Tensor b = new([12, 12, 3]);
        Assert.Contains(
            "12x12x3", Assert.Throws<ShapeException>(() => PictureQuality.PeakSignalToNoise(a, b, 1)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "12x12x3", Assert.Throws<ShapeException>(() => PictureQuality.StructuralSimilarity(a, b, 1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.1)]
    [InlineData(0.3)]
    public void NoiseEstimate_WhiteNoise_IsFoundWithinATenth(double sigma)
    {
        Tensor ramp = new([120, 120, 1]);
        for (int i = 0; i < ramp.Length; i++)
        {
            ramp.Span[i] = (i % 120 * 0.004f) + (i / 120 > 60 ? 0.4f : 0.1f);
        }

        Assert.InRange(NoiseEstimate.Of(NoisyScene.Noisy(ramp, sigma)), 0.9 * sigma, 1.1 * sigma);
    }

    // Dark, so that about half of the noise is clipped, and with a bright part.
    [Theory]
    [InlineData(0.02)]
    [InlineData(0.2)]
    public void NoiseEstimate_ClippedNoise_IsThatBeforeClipping(double sigma)
    {
        Tensor clean = new([120, 120, 1]);
        for (int i = 0; i < clean.Length; i++)
        {
            clean.Span[i] = (float)(i / 120 > 80 ? 0.7 : 0.1 * sigma);
        }

        Tensor noisy = NoisyScene.Noisy(clean, sigma);
        float[] clipped = Array.ConvertAll(noisy.Span.ToArray(), sample => Math.Clamp(sample, 0, 1));
        Tensor picture = Tensor.From(noisy.Shape, clipped);
        Assert.InRange(NoiseEstimate.Of(picture), 0.5 * sigma, 0.8 * sigma);
        Assert.InRange(NoiseEstimate.Of(picture, new(0, 1)), 0.9 * sigma, 1.1 * sigma);
    }

    [Fact]
    public void NoiseEstimate_ConstantOrBlackAndWhite_IsOnTheScale()
    {
        Assert.Equal(0, NoiseEstimate.Of(new Picture(20, 20, 1), SampleRange.Bytes));
        Picture twoTone = new(90, 90, 1);
        for (int i = 0; i < twoTone.Bytes.Length; i++)
        {
            twoTone.Bytes[i] = (byte)(((i * 7919) >> 3) % 2 * 255);
        }

        Assert.InRange(NoiseEstimate.Of(twoTone, SampleRange.Bytes), 0, 255);
    }

    [Fact]
    public void NoiseEstimate_Picture_LeavesAlphaOut()
    {
        Tensor noise = NoisyScene.Noisy(new Tensor([90, 90, 2]), 10);
        Picture picture = new(90, 90, 2);
        for (int i = 0; i < noise.Length; i++)
        {
            picture.Bytes[i] = i % 2 == 1 ? (byte)(i * 37) : byte.CreateSaturating(MathF.Round(noise.Span[i] + 120));
        }

        Assert.InRange(NoiseEstimate.Of(picture), 9, 11);
        Assert.Equal(0, NoiseEstimate.Of(new Picture(2, 50, 1)));
    }
}
