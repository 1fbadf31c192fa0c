using NonLocal.Formats;
using NonLocal.Tensors;
using NonLocal.Tensors.Runtime;
using NonLocal.Training;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>
/// A clip set as samples for training: one clip of each video, varied and normalised to [frames, height, width, channels]; the target is
/// the class. Without a variation, the clip in the middle of the video and the middle of its frames.
/// </summary>
public sealed class ClipSamples : ISampleSource
{
    // Places of the key that Augmentation does not use.
    private const int StartPlace = 32;
    private const int SidePlace = 33;
    private const int LeftPlace = 34;
    private const int TopPlace = 35;
    private const int FlipPlace = 36;

    private static readonly ulong ShufflePurpose = RandomStream.PurposeOf("shuffled frames");

    private readonly ClipSet set;
    private readonly int[] usable;
    private readonly ClipInput input;
    private readonly ClipVariation? variation;

    /// <summary>Describes the samples; clips are decoded when they are asked for.</summary>
    /// <param name="set">The clips; its <see cref="ClipSet.Problems"/> are left out, and the others keep their order.</param>
    /// <param name="input">What the network reads.</param>
    /// <param name="variation">How clips vary from epoch to epoch; null: they do not.</param>
    /// <exception cref="ArgumentException">Numbers out of range, or no usable clip.</exception>
    public ClipSamples(ClipSet set, ClipInput input, ClipVariation? variation = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(input);
        input.Check();
        variation?.Check();
        HashSet<int> bad = [.. set.Problems.Select(problem => problem.Index)];
        usable = [.. Enumerable.Range(0, set.Count).Where(index => !bad.Contains(index))];
        if (usable.Length == 0)
        {
            throw new ArgumentException($"none of the {set.Count} clips can be used; the first: {set.Problems[0].Problem}", nameof(set));
        }

        this.set = set;
        this.input = input;
        this.variation = variation;
        InputShape = [input.Frames, input.Height, input.Width, input.Mean.Count];
    }

    /// <inheritdoc/>
    public int Count => usable.Length;

    /// <inheritdoc/>
    public Shape InputShape { get; }

    /// <inheritdoc/>
    public Shape TargetShape => Shape.Scalar;

    /// <inheritdoc/>
    /// <exception cref="FileFormatException">The clip is corrupt; the message starts with its source.</exception>
    public void Fill(int index, RandomStream random, Span<float> input, Span<float> target)
    {
        int number = usable[index];
        target[0] = set.Label(number);
        try
        {
            using VideoSource video = set.Open(number);
            ClipTransform.Normalize(Cut(video, number, random), this.input, input);
        }
        catch (FileFormatException error) when (error.Path is null)
        {
            throw error.In(set.Source(number));
        }
    }

    private VideoClip Cut(VideoSource video, int number, RandomStream random)
    {
        (int count, int stride) = (input.Frames, input.Stride);
        int start = variation is null
            ? FrameSampling.EvenStarts(video.Count, 1, count, stride)[0]
            : FrameSampling.RandomStart(video.Count, count, stride, random.UniformAt(StartPlace));
        int[] frames = FrameSampling.Clip(video.Count, start, count, stride);
        if (input.Control == ClipControl.MiddleFrame)
        {
            Array.Fill(frames, frames[frames.Length / 2]);
        }

        VideoClip clip = video.Read(frames);
        if (input.Control == ClipControl.ShuffledFrames)
        {
            clip = ClipTransform.Shuffle(clip, random with { Purpose = random.Purpose ^ ShufflePurpose });
        }

        return variation is null ? CutMiddle(clip) : Vary(clip, variation, random, set.Label(number));
    }

    private VideoClip CutMiddle(VideoClip clip)
    {
        (int Width, int Height) cut = (input.Width, input.Height);
        (int width, int height) = ClipTransform.Resized(clip.Width, clip.Height, input.ShorterSide, cut);
        return ClipTransform.Cut(clip, (width, height), (width - cut.Width) / 2, (height - cut.Height) / 2, cut);
    }

    private VideoClip Vary(VideoClip clip, ClipVariation variation, RandomStream random, int label)
    {
        (int Width, int Height) cut = (input.Width, input.Height);
        int? side = variation.ShorterSides is { } sides
            ? sides.Least + Below(random, SidePlace, sides.Largest - sides.Least + 1) : input.ShorterSide;
        (int width, int height) = ClipTransform.Resized(clip.Width, clip.Height, side, cut);
        int left = Below(random, LeftPlace, width - cut.Width + 1);
        int top = Below(random, TopPlace, height - cut.Height + 1);
        VideoClip result = ClipTransform.Cut(clip, (width, height), left, top, cut);
        if (variation.Flip && !variation.NeverFlipped.Contains(label) && random.UniformAt(FlipPlace) < 0.5f)
        {
            ClipTransform.EachFrame(result, Augmentation.Flip);
        }

        (float brightness, float contrast, float saturation) = variation.ColourJitter;
        if (variation.ColourJitter != default)
        {
            ClipTransform.EachFrame(
                result, picture => Augmentation.ColourJitter(picture, brightness, contrast, saturation, random));
        }

        return result;
    }

    private static int Below(RandomStream stream, int element, int count) =>
        Math.Min(count - 1, (int)(stream.UniformAt(element) * count));
}
