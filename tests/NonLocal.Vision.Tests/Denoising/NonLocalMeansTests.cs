using System.Numerics;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Denoising;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Denoising;

public sealed class NonLocalMeansTests
{
    private const double Sigma = 0.1;

    private static readonly NonLocalMeansOptions Usual = new() { PatchRadius = 2, SearchRadius = 4, Decay = 0.06, Sigma = Sigma };

    public static TheoryData<int, int, int, int, int, Aggregation, double?> Cases => new()
    {
        { 21, 34, 1, 1, 3, Aggregation.Pixelwise, null },
        { 21, 34, 1, 1, 3, Aggregation.Patchwise, null },
        { 19, 23, 3, 2, 4, Aggregation.Pixelwise, null },
        { 19, 23, 3, 2, 4, Aggregation.Patchwise, null },
        { 17, 16, 1, 3, 5, Aggregation.Patchwise, 1.5 },
        { 17, 16, 2, 3, 5, Aggregation.Pixelwise, 0.7 },
        { 66, 131, 1, 1, 1, Aggregation.Pixelwise, null },
        { 67, 9, 1, 2, 3, Aggregation.Patchwise, null },
        { 7, 131, 2, 2, 3, Aggregation.Patchwise, null },
        { 65, 129, 1, 1, 1, Aggregation.Patchwise, null },
        { 3, 2, 1, 4, 9, Aggregation.Patchwise, null },
        { 1, 9, 1, 1, 20, Aggregation.Pixelwise, null },
        { 1, 1, 3, 1, 3, Aggregation.Patchwise, null },
        { 9, 8, 1, 0, 3, Aggregation.Patchwise, null },
        { 9, 8, 1, 2, 0, Aggregation.Patchwise, null },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Denoise_AnySize_EqualsTheDefinition(
        int height, int width, int channels, int patch, int search, Aggregation aggregation, double? deviation)
    {
        Tensor noisy = NoisyScene.Noisy(NoisyScene.Clean(height, width, channels), Sigma);
        foreach (SelfWeight own in Enum.GetValues<SelfWeight>())
        {
            NonLocalMeansOptions options = new()
            {
                PatchRadius = patch,
                SearchRadius = search,
                Decay = 0.06,
                Sigma = Sigma,
                Aggregation = aggregation,
                SelfWeight = own,
                PatchDeviation = deviation,
            };
            Tensor fast = NonLocalMeans.Denoise(noisy, options);
            AssertClose(Define<float>(noisy, options), fast, 1e-5);
            AssertClose(Define<double>(noisy, options), fast, 1e-5);
        }
    }

    [Theory]
    [InlineData(1, 2, 1.3)]
    [InlineData(3, 3, 0.6)]
    public void Denoise_AggregationDeviation_EqualsTheDefinition(int channels, int patch, double deviation)
    {
        Tensor noisy = NoisyScene.Noisy(NoisyScene.Clean(20, 15, channels), Sigma);
        NonLocalMeansOptions options = Usual with { PatchRadius = patch, SearchRadius = 3, AggregationDeviation = deviation };
        AssertClose(Define<double>(noisy, options), NonLocalMeans.Denoise(noisy, options), 1e-5);
    }

    // Only the patch around a pixel counts.
    [Fact]
    public void Denoise_TinyAggregationDeviation_IsPixelwise()
    {
        Tensor noisy = NoisyScene.Noisy(NoisyScene.Clean(20, 15, 1), Sigma);
        Tensor pixelwise = NonLocalMeans.Denoise(noisy, Usual with { Aggregation = Aggregation.Pixelwise });
        AssertClose(
            Array.ConvertAll(pixelwise.Span.ToArray(), sample => (double)sample),
            NonLocalMeans.Denoise(noisy, Usual with { AggregationDeviation = 0.05 }),
            1e-6);
    }

    [Theory]
    [InlineData(Aggregation.Pixelwise)]
    [InlineData(Aggregation.Patchwise)]
    public void Denoise_AnyNumberOfThreads_SameBits(Aggregation aggregation)
    {
        Tensor noisy = NoisyScene.Noisy(NoisyScene.Clean(150, 270, 1), Sigma);
        NonLocalMeansOptions options = Usual with { Aggregation = aggregation, SearchRadius = 2 };
        using WorkerPool one = new(1);
        using WorkerPool five = new(5);
        Assert.Equal(
            NonLocalMeans.Denoise(noisy, options, one).Span.ToArray(), NonLocalMeans.Denoise(noisy, options, five).Span.ToArray());
    }

    [Theory]
    [InlineData(Aggregation.Pixelwise)]
    [InlineData(Aggregation.Patchwise)]
    public void Denoise_ConstantPicture_StaysAsItIs(Aggregation aggregation)
    {
        Tensor constant = new([20, 30, 1]);
        constant.Span.Fill(0.37f);
        AssertClose(Array.ConvertAll(constant.Span.ToArray(), sample => (double)sample),
            NonLocalMeans.Denoise(constant, Usual with { Aggregation = aggregation }), 1e-6);
    }

    [Theory]
    [InlineData(Aggregation.Pixelwise)]
    [InlineData(Aggregation.Patchwise)]
    public void Denoise_NoisyPicture_ComesCloserAndStaysInItsRange(Aggregation aggregation)
    {
        Tensor clean = NoisyScene.Clean(60, 70, 1);
        Tensor noisy = NoisyScene.Noisy(clean, Sigma);
        Tensor denoised = NonLocalMeans.Denoise(noisy, Usual with { Aggregation = aggregation });
        float[] samples = denoised.Span.ToArray();
        float[] before = noisy.Span.ToArray();
        Assert.InRange(samples.Min(), before.Min() - 1e-6f, before.Max());
        Assert.InRange(samples.Max(), before.Min(), before.Max() + 1e-6f);
        Assert.True(PictureQuality.PeakSignalToNoise(denoised, clean, 1) > PictureQuality.PeakSignalToNoise(noisy, clean, 1) + 4);
    }

    [Theory]
    [InlineData(Aggregation.Pixelwise, SelfWeight.LargestOther)]
    [InlineData(Aggregation.Patchwise, SelfWeight.LargestOther)]
    [InlineData(Aggregation.Pixelwise, SelfWeight.One)]
    public void Denoise_VanishingDecay_IsTheIdentity(Aggregation aggregation, SelfWeight own)
    {
        Tensor noisy = NoisyScene.Noisy(NoisyScene.Clean(30, 20, 3), Sigma);
        NonLocalMeansOptions options = Usual with { Decay = 1e-6, Sigma = 0, Aggregation = aggregation, SelfWeight = own };
        AssertClose(Array.ConvertAll(noisy.Span.ToArray(), sample => (double)sample), NonLocalMeans.Denoise(noisy, options), 1e-6);
    }

    // Of two pixels 0 and 1: w = exp(−b²/h²) with b² = 1 − 2σ², and the pixel itself has w (1 + b²/(2σ²)), at most 1.
    [Theory]
    [InlineData(0.5, 0.5)]
    [InlineData(0.5, 5)]
    [InlineData(0.9, 0.5)]
    [InlineData(0, 0.5)]
    public void Denoise_LeastError_OwnWeightGrowsWithTheDistance(double sigma, double decay)
    {
        NonLocalMeansOptions options = new()
        {
            PatchRadius = 0,
            SearchRadius = 1,
            Decay = decay,
            Sigma = sigma,
            SelfWeight = SelfWeight.LeastError,
        };
        double excess = Math.Max(1 - (2 * sigma * sigma), 0);
        double weight = Math.Exp(-excess / (decay * decay));
        double own = sigma == 0 ? 1 : Math.Min(1, weight * (1 + (excess / (2 * sigma * sigma))));
        Tensor denoised = NonLocalMeans.Denoise(Tensor.From([1, 2, 1], [0, 1]), options);
        Assert.Equal(weight / (weight + own), denoised.Span[0], 1e-6);
    }

    [Fact]
    public void Denoise_LargeDecay_IsTheMeanOfTheWindow()
    {
        Tensor noisy = NoisyScene.Noisy(NoisyScene.Clean(11, 13, 1), Sigma);
        NonLocalMeansOptions options = Usual with { Decay = 1e6, SearchRadius = 20, Aggregation = Aggregation.Pixelwise };
        double mean = noisy.Span.ToArray().Average(sample => (double)sample);
        AssertClose(Enumerable.Repeat(mean, noisy.Length).ToArray(), NonLocalMeans.Denoise(noisy, options), 1e-6);
    }

    [Theory]
    [InlineData(Aggregation.Pixelwise)]
    [InlineData(Aggregation.Patchwise)]
    public void Denoise_MirroredPicture_GivesTheMirroredResult(Aggregation aggregation)
    {
        Tensor noisy = NoisyScene.Noisy(NoisyScene.Clean(23, 29, 1), Sigma);
        NonLocalMeansOptions options = Usual with { Aggregation = aggregation };
        Tensor mirrored = Mirrored(noisy);
        Tensor expected = Mirrored(NonLocalMeans.Denoise(noisy, options));
        AssertClose(Array.ConvertAll(expected.Span.ToArray(), sample => (double)sample), NonLocalMeans.Denoise(mirrored, options), 1e-5);
    }

    // exp(−|p_i − p_j|²/h²), divided by its row's sum, is a softmax over j of (2 p_i·p_j − |p_j|²)/h²: |p_i|² cancels.
    [Theory]
    [InlineData(1, null)]
    [InlineData(3, null)]
    [InlineData(1, 0.8)]
    public void Denoise_WholeWindowWithoutNoise_IsSoftmaxAttentionOverPatches(int channels, double? deviation)
    {
        const double Decay = 0.2;
        Tensor noisy = NoisyScene.Noisy(NoisyScene.Clean(12, 15, channels), Sigma);
        NonLocalMeansOptions options = new()
        {
            PatchRadius = 1,
            SearchRadius = 14,
            Decay = Decay,
            Aggregation = Aggregation.Pixelwise,
            SelfWeight = SelfWeight.One,
            PatchDeviation = deviation,
        };
        Tensor patches = Patches(noisy, options);
        int pixels = patches.Shape[0];
        Tensor bias = new([pixels, 1]);
        for (int j = 0; j < pixels; j++)
        {
            ReadOnlySpan<float> patch = patches.Span.Slice(j * patches.Shape.Last, patches.Shape.Last);
            bias.Span[j] = (float)(-SumOfSquares(patch) / (Decay * Decay));
        }

        Graph graph = new();
        Value features = graph.Input("patches", patches.Shape);
        Value samples = graph.Input("samples", [pixels, channels]);
        Value keyBias = graph.Input("bias", bias.Shape);
        Program program = Program.Compile(graph, [features.Attend(features, samples, 2 / (Decay * Decay), keyBias)]);
        Tensor attended = program.Run(patches, noisy.Reshape([pixels, channels]), bias)[0];
        AssertClose(Array.ConvertAll(attended.Span.ToArray(), sample => (double)sample), NonLocalMeans.Denoise(noisy, options), 1e-5);
    }

    [Fact]
    public void Denoise_PictureWithAlpha_DenoisesColoursAndKeepsAlpha()
    {
        Tensor noisy = NoisyScene.Noisy(NoisyScene.Clean(14, 17, 4), Sigma);
        Picture picture = new(17, 14, 4, Array.ConvertAll(noisy.Span.ToArray(), sample => byte.CreateSaturating(sample * 255)));
        NonLocalMeansOptions options = Usual with { Decay = 20, Sigma = 20 };
        Picture denoised = NonLocalMeans.Denoise(picture, options);
        Tensor colours = new([14, 17, 3]);
        for (int i = 0; i < colours.Length; i++)
        {
            colours.Span[i] = picture.Bytes[(i / 3 * 4) + (i % 3)];
        }

        Tensor expected = NonLocalMeans.Denoise(colours, options);
        for (int i = 0; i < picture.Bytes.Length; i++)
        {
            double sample = i % 4 == 3 ? picture.Bytes[i] : expected.Span[(i / 4 * 3) + (i % 4)];
            Assert.Equal((byte)Math.Round(sample), denoised.Bytes[i]);
        }
    }

    [Fact]
    public void Denoise_ManyTiles_ReportsProgressToTheEnd()
    {
        List<(int Done, int Of)> reports = [];
        NonLocalMeans.Denoise(
            new Tensor([64 * 66, 2, 1]), Usual with { SearchRadius = 1 }, progress: (done, of) => reports.Add((done, of)));
        Assert.Equal([(64, 66), (66, 66)], reports);
    }

    [Fact]
    public void Denoise_InputThatCannotBeComputed_SaysWhat()
    {
        Tensor image = new([4, 4, 1]);
        Assert.Contains("Decay is 0", Refusal(image, Usual with { Decay = 0 }), StringComparison.Ordinal);
        Assert.Contains("Sigma is NaN", Refusal(image, Usual with { Sigma = double.NaN }), StringComparison.Ordinal);
        Assert.Contains("PatchRadius is -1", Refusal(image, Usual with { PatchRadius = -1 }), StringComparison.Ordinal);
        Assert.Contains("SearchRadius is 1001", Refusal(image, Usual with { SearchRadius = 1001 }), StringComparison.Ordinal);
        Assert.Contains("PatchDeviation is 0", Refusal(image, Usual with { PatchDeviation = 0 }), StringComparison.Ordinal);
        image.Span[3] = float.NaN;
        Assert.Contains("NaN", Refusal(image, Usual), StringComparison.Ordinal);
        ShapeException refusal = Assert.Throws<ShapeException>(() => NonLocalMeans.Denoise(new Tensor([4, 4]), Usual));
        Assert.Contains("4x4", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(25, false, 2, 10, 10)]
    [InlineData(50, false, 4, 17, 17.5)]
    [InlineData(25, true, 1, 10, 13.75)]
    [InlineData(200, true, 3, 17, 70)]
    public void ForNoise_Level_IsTheRowOfTheTable(double sigma, bool colour, int patch, int search, double decay)
    {
        NonLocalMeansOptions options = NonLocalMeansOptions.ForNoise(sigma, colour);
        Assert.Equal((patch, search, sigma), (options.PatchRadius, options.SearchRadius, options.Sigma));
        Assert.Equal(decay, options.Decay, 1e-9);
    }

    private static string Refusal(Tensor image, NonLocalMeansOptions options) =>
        Assert.ThrowsAny<ArgumentException>(() => NonLocalMeans.Denoise(image, options)).Message;

    private static double[] Define<T>(Tensor image, NonLocalMeansOptions options)
        where T : IFloatingPointIeee754<T>
    {
        T[] samples = Array.ConvertAll(image.Span.ToArray(), T.CreateChecked);
        T[] result = new NonLocalMeansDefinition<T>([samples], 0, image.Shape[0], image.Shape[1], image.Shape[2], options).Run();
        return Array.ConvertAll(result, double.CreateChecked);
    }

    private static void AssertClose(double[] expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual.Span[i], tolerance);
        }
    }

    private static Tensor Mirrored(Tensor image)
    {
        Tensor mirrored = new(image.Shape);
        int width = image.Shape[1];
        for (int i = 0; i < image.Length; i++)
        {
            mirrored.Span[i] = image.Span[i - (i % width) + width - 1 - (i % width)];
        }

        return mirrored;
    }

    private static double SumOfSquares(ReadOnlySpan<float> numbers)
    {
        double sum = 0;
        foreach (float number in numbers)
        {
            sum += (double)number * number;
        }

        return sum;
    }

    // Each pixel's patch, every sample times the root of its part in the distance: [pixels, channels · (2f + 1)²].
    private static Tensor Patches(Tensor image, NonLocalMeansOptions options)
    {
        (int height, int width, int channels) = (image.Shape[0], image.Shape[1], image.Shape[2]);
        double[] taps = options.PatchTaps();
        List<float> numbers = [];
        for (int pixel = 0; pixel < height * width; pixel++)
        {
            for (int i = 0; i < taps.Length * taps.Length * channels; i++)
            {
                (int dy, int dx, int c) = (i / channels / taps.Length, i / channels % taps.Length, i % channels);
                int y = Math.Clamp((pixel / width) + dy - options.PatchRadius, 0, height - 1);
                int x = Math.Clamp((pixel % width) + dx - options.PatchRadius, 0, width - 1);
                numbers.Add((float)(image.Span[(((y * width) + x) * channels) + c] * Math.Sqrt(taps[dy] * taps[dx] / channels)));
            }
        }

        return Tensor.From([height * width, numbers.Count / (height * width)], numbers.ToArray());
    }
}
