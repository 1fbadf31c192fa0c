using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Datasets.Clips;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Tests.Datasets.Clips;

public class ClipSamplesTests
{
    private static readonly float[] One = [1];
    private static readonly float[] Zero = [0];

    // Samples are left as numbers in 0 … 1, one channel.
    private static readonly ClipInput Plain = new(3, 2, 4, 6) { Mean = Zero, Deviation = One };

    [Fact]
    public void Fill_WithoutVariation_TakesTheMiddleOfTheVideo()
    {
        ClipSamples samples = new(new Gradients(1, frames: 9), Plain);

        Assert.Equal([2, 4, 6], FramesOf(Fill(samples, 0)));
    }

    [Fact]
    public void Fill_WithVariation_BeginsAnywhere()
    {
        ClipSamples samples = new(new Gradients(1, frames: 9), Plain, new ClipVariation());

        HashSet<int> starts = [.. Enumerable.Range(0, 60).Select(epoch => FramesOf(Fill(samples, 0, epoch))[0])];

        Assert.Equal([0, 1, 2, 3, 4], starts.Order());
    }

    [Fact]
    public void Fill_MiddleFrame_StandsInEveryPlace()
    {
        ClipSamples samples = new(new Gradients(1, frames: 9), Plain with { Control = ClipControl.MiddleFrame });

        Assert.Equal([4, 4, 4], FramesOf(Fill(samples, 0)));
    }

    [Fact]
    public void Fill_ShuffledFrames_AreTheSameFramesInAnotherOrderForEveryEpoch()
    {
        ClipInput input = new(6, 1, 4, 6) { Mean = Zero, Deviation = One, Control = ClipControl.ShuffledFrames };
        ClipSamples samples = new(new Gradients(1, frames: 6), input);

        string[] orders = [.. Enumerable.Range(0, 8).Select(epoch => string.Join(' ', FramesOf(Fill(samples, 0, epoch))))];

        Assert.True(orders.Distinct().Count() > 6);
        Assert.All(orders, order => Assert.Equal(["0", "1", "2", "3", "4", "5"], order.Split(' ').Order()));
        Assert.Equal(orders[3], string.Join(' ', FramesOf(Fill(samples, 0, 3))));
    }

    [Fact]
    public void Fill_Normalised_SubtractsAndDividesEachChannel()
    {
        ClipInput input = new(1, 1, 4, 6) { Mean = [0.1f, 0.2f, 0.3f], Deviation = [0.5f, 1, 2] };
        ClipSamples samples = new(new Gradients(1, frames: 1, shade: 51), input);

        float[] filled = Fill(samples, 0);

        Assert.Equal([0.2f, 0, -0.05f], filled[..3].Select(number => MathF.Round(number, 5)));
        Assert.Equal(4 * 6 * 3, filled.Length);
    }

    [Fact]
    public void Fill_NormalizeEach_HasMeanZeroAndDeviationOne()
    {
        ClipSamples samples = new(new Gradients(1, frames: 9), Plain with { NormalizeEach = true });

        float[] filled = Fill(samples, 0);

        Assert.Equal(0, filled.Average(), 5);
        Assert.Equal(1, filled.Average(number => (double)number * number), 4);
        ClipSamples flat = new(new Gradients(1, frames: 1, shade: 90, isFlat: true), Plain with { NormalizeEach = true });
        Assert.All(Fill(flat, 0), number => Assert.Equal(0, number));
    }

    [Fact]
    public void Fill_Flip_IsForWholeClipsAndNeverForNamedClasses()
    {
        ClipVariation variation = new() { Flip = true, NeverFlipped = new HashSet<int> { 1 } };
        ClipSamples samples = new(new Gradients(2, frames: 3), Plain with { Stride = 1 }, variation);
        float[] straight = Fill(new(new Gradients(2, frames: 3), Plain with { Stride = 1 }), 0);

        bool[] flipped = [.. Enumerable.Range(0, 20).Select(epoch => !Fill(samples, 0, epoch).SequenceEqual(straight))];

        Assert.Contains(true, flipped);
        Assert.Contains(false, flipped);
        int first = Array.IndexOf(flipped, true);
        float[] mirrored = Fill(samples, 0, first);
        for (int row = 0; row < 3 * 4; row++)
        {
            Assert.Equal(straight[(6 * row)..((6 * row) + 6)].Reverse(), mirrored[(6 * row)..((6 * row) + 6)]);
        }

        float[] never = Fill(new(new Gradients(2, frames: 3), Plain with { Stride = 1 }), 1);
        Assert.All(Enumerable.Range(0, 20), epoch => Assert.Equal(never, Fill(samples, 1, epoch)));
    }

    [Fact]
    public void Fill_ShorterSides_CutEveryFrameAtTheSamePlace()
    {
        ClipInput input = new(2, 1, 4, 4) { Mean = Zero, Deviation = One };
        ClipSamples samples = new(new Gradients(1, frames: 2), input, new ClipVariation { ShorterSides = (4, 9) });

        float[][] filled = [.. Enumerable.Range(0, 12).Select(epoch => Fill(samples, 0, epoch))];

        // The frames of a gradient differ by one shade everywhere, so their cuts do if they are alike.
        Assert.All(filled, clip => Assert.All(
            Enumerable.Range(0, 16), pixel => Assert.Equal(1, MathF.Round((clip[16 + pixel] - clip[pixel]) * 255))));
        Assert.True(filled.Select(clip => clip[0]).Distinct().Count() > 4);
    }

    [Theory]
    [InlineData(340, 256, 256, 224, 224, 340, 256)]
    [InlineData(256, 340, 128, 112, 112, 128, 170)]
    [InlineData(64, 40, 40, 40, 64, 64, 40)]
    [InlineData(40, 40, 40, 40, 64, 64, 64)]
    [InlineData(100, 40, 40, 40, 64, 100, 40)]
    [InlineData(1, 1, 8, 8, 8, 8, 8)]
    public void Resized_ShorterSide_CoversTheCut(int width, int height, int side, int rows, int columns, int wide, int high)
    {
        Assert.Equal((wide, high), ClipTransform.Resized(width, height, side, (columns, rows)));
    }

    [Fact]
    public void Resized_AStripe_IsRefused()
    {
        Assert.Throws<NonLocal.Formats.FileFormatException>(() => ClipTransform.Resized(900, 9, 8, (8, 8)));
        Assert.Equal((8, 8), ClipTransform.Resized(900, 9, null, (8, 8)));
    }

    [Fact]
    public void Views_ClipsAndCuts_SpreadOverTimeAndTheLongerSide()
    {
        ClipInput input = new(2, 1, 4, 4) { Mean = Zero, Deviation = One, ShorterSide = 4 };
        ClipViews views = new(new Gradients(1, frames: 8), input, clips: 3, cuts: 2);
        float[] filled = new float[views.InputShape.Count];
        float[] target = new float[1];

        views.Fill(0, default, filled, target);

        Assert.Equal("6x2x4x4x1", views.InputShape.ToString());
        int[] firsts = [.. Enumerable.Range(0, 6).Select(view => (int)MathF.Round(filled[view * 32] * 255))];
        Assert.Equal([0, 20, 3, 23, 6, 26], firsts);
    }

    private static float[] Fill(ClipSamples samples, int index, int epoch = 0)
    {
        float[] input = new float[samples.InputShape.Count];
        samples.Fill(index, Augmentation.KeyOf(7, (uint)epoch, (uint)index), input, new float[1]);
        return input;
    }

    private static int[] FramesOf(float[] clip) =>
        [.. Enumerable.Range(0, clip.Length / 24).Select(frame => (int)MathF.Round(clip[24 * frame] * 255))];

    /// <summary>Frames of 6 x 4: frame t has the shade t + 10 x at column x, everywhere else than where a test asks for another.</summary>
    private sealed class Gradients(int count, int frames, int shade = 0, bool isFlat = false) : ClipSet
    {
        public override string Kind => "gradients";

        public override int Count => count;

        public override IReadOnlyList<string> ClassNames => [.. Enumerable.Range(0, count).Select(label => $"{label}")];

        public override int Label(int index) => index;

        public override string Source(int index) => $"gradient {index}";

        public override VideoSource Open(int index)
        {
            byte[] bytes = new byte[frames * 4 * 6 * 3];
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)(shade + (isFlat ? 0 : (i / 72) + (10 * (i / 3 % 6))));
            }

            return new MemoryVideo(new VideoClip(6, 4, bytes));
        }
    }
}
