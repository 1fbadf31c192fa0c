using NonLocal.Tensors;
using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Denoising;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Tests.Denoising;

public sealed class FilmDenoisingTests
{
    private const double Sigma = 0.1;

    private static readonly NonLocalMeansOptions Usual = new() { PatchRadius = 1, SearchRadius = 2, Decay = 20, Sigma = 15 };

    [Theory]
    [InlineData(0, 1, Aggregation.Pixelwise, null)]
    [InlineData(1, 3, Aggregation.Pixelwise, null)]
    [InlineData(0, 1, Aggregation.Patchwise, null)]
    [InlineData(1, 1, Aggregation.Patchwise, 0.8)]
    [InlineData(2, 3, Aggregation.Patchwise, null)]
    public void Denoise_FrameAmongOthers_EqualsTheDefinition(int index, int channels, Aggregation aggregation, double? deviation)
    {
        Tensor[] frames = Frames(11, 14, channels);
        foreach (SelfWeight own in Enum.GetValues<SelfWeight>())
        {
            NonLocalMeansOptions options = new()
            {
                PatchRadius = 2,
                SearchRadius = 3,
                Decay = 0.06,
                Sigma = Sigma,
                Aggregation = aggregation,
                SelfWeight = own,
                PatchDeviation = deviation,
            };
            double[][] samples = Array.ConvertAll(frames, frame => Array.ConvertAll(frame.Span.ToArray(), sample => (double)sample));
            double[] expected = new NonLocalMeansDefinition<double>(samples, index, 11, 14, channels, options).Run();
            Tensor fast = NonLocalMeans.Denoise(frames, index, options);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], fast.Span[i], 1e-5);
            }
        }
    }

    [Fact]
    public void Denoise_FrameOfManyTiles_SameBitsOnAnyNumberOfThreads()
    {
        Tensor[] frames = Frames(70, 140, 1);
        NonLocalMeansOptions options = Usual with { Decay = 0.06, Sigma = Sigma };
        using WorkerPool one = new(1);
        using WorkerPool five = new(5);
        Assert.Equal(
            NonLocalMeans.Denoise(frames, 1, options, one).Span.ToArray(), NonLocalMeans.Denoise(frames, 1, options, five).Span.ToArray());
    }

    // Noise differs from frame to frame, so what lies still is averaged over more of it.
    [Fact]
    public void Denoise_StillFilm_ComesCloserThanOneFrame()
    {
        Tensor clean = NoisyScene.Clean(30, 34, 1);
        Tensor[] frames = [.. Enumerable.Range(1, 3).Select(seed => NoisyScene.Noisy(clean, Sigma, (ulong)seed))];
        NonLocalMeansOptions options = new() { SearchRadius = 4, PatchRadius = 2, Decay = 0.06, Sigma = Sigma };
        double alone = PictureQuality.PeakSignalToNoise(NonLocalMeans.Denoise(frames[1], options), clean, 1);
        double together = PictureQuality.PeakSignalToNoise(NonLocalMeans.Denoise(frames, 1, options), clean, 1);
        Assert.True(together > alone + 1, $"{together} dB with three frames, {alone} dB with one.");
    }

    [Fact]
    public void Run_Film_DenoisesEachFrameAmongItsNeighbours()
    {
        using MemoryVideo film = new(Film(5));
        Picture[] noisy = [.. film.Frames()];
        DenoisedFrame[] denoised = [.. FilmDenoising.Run(film, Usual, 1)];
        Assert.Equal(5, denoised.Length);
        for (int i = 0; i < 5; i++)
        {
            int first = Math.Max(0, i - 1);
            Picture[] around = noisy[first..Math.Min(5, i + 2)];
            Assert.Equal(noisy[i].Bytes, denoised[i].Noisy.Bytes);
            Assert.Equal(NonLocalMeans.Denoise(around, i - first, Usual).Bytes, denoised[i].Denoised.Bytes);
        }
    }

    [Fact]
    public void Run_ManyFrames_AreReadAsTheyAreNeeded()
    {
        using CountedVideo film = new(Film(200));
        using IEnumerator<DenoisedFrame> frames = FilmDenoising.Run(film, Usual, 2).GetEnumerator();
        Assert.True(frames.MoveNext());
        Assert.InRange(film.FramesRead, 3, 64);
        int count = 1;
        while (frames.MoveNext())
        {
            count++;
        }

        Assert.Equal((200, 200), (count, film.FramesRead));
    }

    [Fact]
    public void Run_OptionsThatCannotBeComputed_AreRefusedBeforeTheFirstFrame()
    {
        using MemoryVideo film = new(Film(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => FilmDenoising.Run(film, Usual, 17));
        Assert.Throws<ArgumentOutOfRangeException>(() => FilmDenoising.Run(film, Usual with { Decay = 0 }, 1));
    }

    [Fact]
    public void Denoise_FramesOfSeveralSizes_SayWhich()
    {
        Assert.Contains(
            "frame 1 has the shape 4x6x1, expected 4x5x1",
            Assert.Throws<ShapeException>(() => NonLocalMeans.Denoise([new Tensor([4, 5, 1]), new Tensor([4, 6, 1])], 0, Usual)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "frame 0 has 4 x 5 x 3 samples, expected 4 x 6 x 3",
            Assert.Throws<ArgumentException>(() => NonLocalMeans.Denoise([new Picture(4, 5, 3), new Picture(4, 6, 3)], 1, Usual)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => NonLocalMeans.Denoise([new Picture(4, 5, 3)], 1, Usual));
    }

    [Fact]
    public void NoiseEstimate_Film_IsTheMedianOfFrames()
    {
        byte[] bytes = new byte[3 * 60 * 60 * 3];
        float[] noise = new float[bytes.Length];
        new RandomStream(2, 0).Normal(noise);
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = byte.CreateSaturating(MathF.Round(120 + (noise[i] * (i / (60 * 60 * 3) == 1 ? 30 : 8))));
        }

        using MemoryVideo film = new(new VideoClip(60, 60, bytes));
        Assert.InRange(NoiseEstimate.Of(film), 7, 9);
    }

    // A scene that moves by a column a frame.
    private static Tensor[] Frames(int height, int width, int channels) =>
    [
        .. Enumerable.Range(0, 3).Select(frame =>
        {
            Tensor wide = NoisyScene.Clean(height, width + 3, channels);
            Tensor clean = new([height, width, channels]);
            for (int y = 0; y < height; y++)
            {
                wide.Span.Slice(((y * (width + 3)) + frame) * channels, width * channels).CopyTo(clean.Span[(y * width * channels)..]);
            }

            return NoisyScene.Noisy(clean, Sigma, (ulong)(frame + 1));
        }),
    ];

    private static VideoClip Film(int frames)
    {
        byte[] bytes = new byte[frames * 7 * 9 * 3];
        new Random(3).NextBytes(bytes);
        return new(9, 7, bytes);
    }

    private sealed class CountedVideo(VideoClip clip) : VideoSource(null, ReadLimits.Default)
    {
        public int FramesRead { get; private set; }

        public override int Count => clip.Count;

        public override int Width => clip.Width;

        public override int Height => clip.Height;

        public override FrameRate? Rate => null;

        private protected override void Decode(ReadOnlySpan<int> frames, Span<byte> target)
        {
            FramesRead += frames.Length;
            for (int i = 0; i < frames.Length; i++)
            {
                clip.Frame(frames[i]).CopyTo(target[(i * Width * Height * 3)..]);
            }
        }
    }
}
