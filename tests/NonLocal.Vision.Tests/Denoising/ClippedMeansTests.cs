using NonLocal.Tensors;
using NonLocal.Vision.Denoising;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Denoising;

public sealed class ClippedMeansTests
{
    private const double Sigma = 0.15;

    private static readonly NonLocalMeansOptions Usual =
        new() { PatchRadius = 2, SearchRadius = 4, Decay = 0.08, Sigma = Sigma, ClippedTo = new(0, 1) };

    public static TheoryData<int, int, int, int, int, Aggregation, double?> Cases => new()
    {
        { 21, 34, 1, 1, 3, Aggregation.Pixelwise, null },
        { 19, 23, 3, 2, 4, Aggregation.Patchwise, null },
        { 17, 16, 1, 3, 5, Aggregation.Patchwise, 1.5 },
        { 17, 16, 3, 3, 5, Aggregation.Pixelwise, 0.7 },
        { 67, 9, 1, 2, 3, Aggregation.Patchwise, null },
        { 3, 131, 1, 1, 2, Aggregation.Patchwise, null },
        { 3, 2, 1, 4, 9, Aggregation.Patchwise, null },
        { 1, 1, 3, 1, 3, Aggregation.Patchwise, null },
        { 9, 8, 1, 0, 3, Aggregation.Pixelwise, null },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Denoise_AnySize_EqualsTheDefinition(
        int height, int width, int channels, int patch, int search, Aggregation aggregation, double? deviation)
    {
        Tensor noisy = Clipped(NoisyScene.Noisy(Contrasty(height, width, channels), Sigma));
        foreach (SelfWeight own in Enum.GetValues<SelfWeight>())
        {
            NonLocalMeansOptions options = Usual with
            {
                PatchRadius = patch,
                SearchRadius = search,
                Aggregation = aggregation,
                SelfWeight = own,
                PatchDeviation = deviation,
            };
            AssertClose(Define([noisy], 0, options), NonLocalMeans.Denoise(noisy, options), 1e-5);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Denoise_FramesOfAFilm_EqualTheDefinition(int index)
    {
        Tensor[] frames =
        [
            Clipped(NoisyScene.Noisy(Contrasty(18, 21, 3), Sigma)),
            Clipped(NoisyScene.Noisy(Contrasty(18, 21, 3), Sigma, 2)),
        ];
        AssertClose(Define(frames, index, Usual), NonLocalMeans.Denoise(frames, index, Usual), 1e-5);
    }

    [Fact]
    public void Denoise_DarkPicture_IsAsDarkAsTheCleanOne()
    {
        Tensor clean = new([40, 50, 1]);
        clean.Span.Fill(0.03f);
        Tensor noisy = Clipped(NoisyScene.Noisy(clean, Sigma));
        NonLocalMeansOptions options = Usual with { SearchRadius = 10 };
        Assert.InRange(NonLocalMeans.Denoise(noisy, options with { ClippedTo = null }).Span.ToArray().Average(), 0.06, 0.09);
        Assert.InRange(NonLocalMeans.Denoise(noisy, options).Span.ToArray().Average(), 0.02, 0.04);
    }

    [Theory]
    [InlineData(Aggregation.Pixelwise)]
    [InlineData(Aggregation.Patchwise)]
    public void Denoise_PictureWithDarkAndBrightParts_ComesCloserAndStaysOnTheScale(Aggregation aggregation)
    {
        Tensor clean = Contrasty(60, 70, 1);
        Tensor noisy = Clipped(NoisyScene.Noisy(clean, Sigma));
        NonLocalMeansOptions options = Usual with { Aggregation = aggregation };
        Tensor denoised = NonLocalMeans.Denoise(noisy, options);
        Assert.Equal((0, 1), (denoised.Span.ToArray().Min(), denoised.Span.ToArray().Max()));
        Tensor without = NonLocalMeans.Denoise(noisy, options with { ClippedTo = null });
        Assert.True(PictureQuality.PeakSignalToNoise(denoised, clean, 1) > PictureQuality.PeakSignalToNoise(without, clean, 1) + 2);
    }

    [Fact]
    public void Denoise_SamplesFarFromTheEnds_GivesWhatItGivesWithoutClipping()
    {
        Tensor noisy = NoisyScene.Noisy(NoisyScene.Clean(23, 29, 3), 0.02);
        NonLocalMeansOptions options = Usual with { Sigma = 0.02, Decay = 0.01, ClippedTo = new(-0.2, 1.2) };
        AssertClose(
            Array.ConvertAll(NonLocalMeans.Denoise(noisy, options with { ClippedTo = null }).Span.ToArray(), sample => (double)sample),
            NonLocalMeans.Denoise(noisy, options),
            1e-5);
    }

    [Theory]
    [InlineData(Aggregation.Pixelwise, SelfWeight.LargestOther)]
    [InlineData(Aggregation.Patchwise, SelfWeight.LeastError)]
    public void Denoise_Negative_GivesTheNegative(Aggregation aggregation, SelfWeight own)
    {
        NonLocalMeansOptions options = Usual with { Aggregation = aggregation, SelfWeight = own };
        Tensor noisy = Clipped(NoisyScene.Noisy(Contrasty(23, 29, 1), Sigma));
        double[] expected = Array.ConvertAll(NonLocalMeans.Denoise(noisy, options).Span.ToArray(), sample => 1.0 - sample);
        AssertClose(expected, NonLocalMeans.Denoise(Mapped(noisy, sample => 1 - sample), options), 1e-5);
    }

    [Fact]
    public void Denoise_AnotherUnit_GivesTheSameInIt()
    {
        Tensor noisy = Clipped(NoisyScene.Noisy(Contrasty(23, 29, 1), Sigma));
        NonLocalMeansOptions scaled = Usual with { Sigma = 8 * Sigma, Decay = 8 * Usual.Decay, ClippedTo = new(-3, 5) };
        double[] expected = Array.ConvertAll(NonLocalMeans.Denoise(noisy, Usual).Span.ToArray(), sample => (8.0 * sample) - 3);
        AssertClose(expected, NonLocalMeans.Denoise(Mapped(noisy, sample => (8 * sample) - 3), scaled), 1e-4);
    }

    [Fact]
    public void Denoise_Bytes_AreClippedAtBothEndsOfTheirScale()
    {
        Tensor noisy = Clipped(NoisyScene.Noisy(Contrasty(14, 17, 1), Sigma));
        Picture picture = new(17, 14, 1, Array.ConvertAll(noisy.Span.ToArray(), sample => (byte)MathF.Round(255 * sample)));
        NonLocalMeansOptions options = Usual with { Sigma = 255 * Sigma, Decay = 20, ClippedTo = SampleRange.Bytes };
        Tensor samples = Tensor.From([14, 17, 1], Array.ConvertAll(picture.Bytes, sample => (float)sample));
        Assert.Equal(
            Array.ConvertAll(NonLocalMeans.Denoise(samples, options).Span.ToArray(), sample => (byte)MathF.Round(sample)),
            NonLocalMeans.Denoise(picture, options).Bytes);
    }

    [Fact]
    public void Denoise_WithoutNoise_NothingWasClipped()
    {
        Tensor picture = Contrasty(12, 13, 1);
        NonLocalMeansOptions options = Usual with { Sigma = 0 };
        Assert.Equal(
            NonLocalMeans.Denoise(picture, options with { ClippedTo = null }).Span.ToArray(),
            NonLocalMeans.Denoise(picture, options).Span.ToArray());
    }

    // A tiny σ makes the own weight's gain huge, but no product of infinity and 0.
    [Fact]
    public void Denoise_LeastErrorWithTinyNoise_IsFinite()
    {
        Tensor constant = new([6, 7, 1]);
        NonLocalMeansOptions options = Usual with { Sigma = 1e-25, SelfWeight = SelfWeight.LeastError };
        Assert.Equal(new float[42], NonLocalMeans.Denoise(constant, options).Span.ToArray());
    }

    [Theory]
    [InlineData(1, 1, "ClippedTo goes from 1 to 1, expected two finite numbers, the larger one last")]
    [InlineData(0, double.PositiveInfinity, "ClippedTo goes from 0 to")]
    [InlineData(0, 0.001, "Sigma is 0.15, expected 0 to 0.1")]
    public void Denoise_ScaleThatCannotBe_SaysWhat(double low, double high, string expected)
    {
        string message = Assert.Throws<ArgumentOutOfRangeException>(
            () => NonLocalMeans.Denoise(new Tensor([4, 4, 1]), Usual with { ClippedTo = new(low, high) })).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    // A scene from black to white.
    private static Tensor Contrasty(int height, int width, int channels) =>
        Clipped(Mapped(NoisyScene.Clean(height, width, channels), sample => (3 * sample) - 1));

    private static Tensor Clipped(Tensor picture) => Mapped(picture, sample => Math.Clamp(sample, 0, 1));

    private static Tensor Mapped(Tensor picture, Func<float, float> map) =>
        Tensor.From(picture.Shape, Array.ConvertAll(picture.Span.ToArray(), sample => map(sample)));

    private static double[] Define(Tensor[] frames, int index, NonLocalMeansOptions options)
    {
        double[][] samples = [.. frames.Select(frame => Array.ConvertAll(frame.Span.ToArray(), sample => (double)sample))];
        Shape shape = frames[0].Shape;
        return new NonLocalMeansDefinition<double>(samples, index, shape[0], shape[1], shape[2], options).Run();
    }

    private static void AssertClose(double[] expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual.Span[i], tolerance);
        }
    }
}
