using NonLocal.Formats;
using NonLocal.Tensors;
using NonLocal.Tensors.Runtime;
using NonLocal.Training;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>
/// The views of a test: clips that begin evenly along the video, and of each some cuts along the longer side of its frames. What a
/// network says about a video is the mean of what it says about its views.
/// </summary>
/// <remarks>
/// 10 clips × 3 cuts are the views of the released non-local networks. One cut is the middle; k cuts begin at ⌊i (length − cut) ÷ (k − 1)⌋
/// of the longer side, in the middle of the shorter one. Each frame is decoded once, whatever the number of views.
/// </remarks>
public sealed class ClipViews : ISampleSource
{
    private static readonly ulong ShufflePurpose = RandomStream.PurposeOf("shuffled frames");

    private readonly ClipSet set;
    private readonly ClipInput input;
    private readonly int clips;
    private readonly int cuts;

    /// <summary>Describes the views; videos are decoded when they are asked for.</summary>
    /// <param name="set">The videos; a sample is all views of one of them.</param>
    /// <param name="input">What the network reads.</param>
    /// <param name="clips">Clips along the video, at least 1.</param>
    /// <param name="cuts">Cuts along the longer side of the frames, at least 1.</param>
    /// <exception cref="ArgumentException">Numbers out of range.</exception>
    public ClipViews(ClipSet set, ClipInput input, int clips, int cuts)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentOutOfRangeException.ThrowIfLessThan(clips, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(cuts, 1);
        input.Check();
        this.set = set;
        this.input = input;
        this.clips = clips;
        this.cuts = cuts;
        InputShape = [checked(clips * cuts), input.Frames, input.Height, input.Width, input.Mean.Count];
    }

    /// <inheritdoc/>
    public int Count => set.Count;

    /// <summary>The views of one video: [clips · cuts, frames, height, width, channels].</summary>
    public Shape InputShape { get; }

    /// <inheritdoc/>
    public Shape TargetShape => Shape.Scalar;

    /// <inheritdoc/>
    /// <exception cref="FileFormatException">The video is corrupt; the message starts with its source.</exception>
    public void Fill(int index, RandomStream random, Span<float> input, Span<float> target)
    {
        target[0] = set.Label(index);
        try
        {
            int viewSamples = input.Length / (clips * cuts);
            using VideoSource video = set.Open(index);
            foreach ((VideoClip clip, _) in Views(video, random))
            {
                ClipTransform.Normalize(clip, this.input, input[..viewSamples]);
                input = input[viewSamples..];
            }
        }
        catch (FileFormatException error) when (error.Path is null)
        {
            throw error.In(set.Source(index));
        }
    }

    /// <summary>The views of a video before they are normalised, with the numbers of their frames.</summary>
    /// <param name="index">Which video.</param>
    /// <exception cref="FileFormatException">The video is corrupt; the message starts with its source.</exception>
    public IReadOnlyList<(VideoClip Clip, int[] Frames)> Show(int index)
    {
        using VideoSource video = set.Open(index);
        return [.. Views(video, default)];
    }

    private IEnumerable<(VideoClip Clip, int[] Frames)> Views(VideoSource video, RandomStream random)
    {
        int[][] frames =
        [
            .. FrameSampling.EvenStarts(video.Count, clips, input.Frames, input.Stride)
                .Select(start => Controlled(FrameSampling.Clip(video.Count, start, input.Frames, input.Stride))),
        ];
        int[] different = [.. frames.SelectMany(numbers => numbers).Distinct().Order()];
        VideoClip read = video.Read(different);
        foreach (int[] numbers in frames)
        {
            VideoClip clip = Chosen(read, different, numbers);
            if (input.Control == ClipControl.ShuffledFrames)
            {
                clip = ClipTransform.Shuffle(clip, random with { Purpose = random.Purpose ^ ShufflePurpose });
            }

            for (int cut = 0; cut < cuts; cut++)
            {
                yield return (Cut(clip, cut), numbers);
            }
        }
    }

    private VideoClip Cut(VideoClip clip, int number)
    {
        (int Width, int Height) cut = (input.Width, input.Height);
        (int width, int height) = ClipTransform.Resized(clip.Width, clip.Height, input.ShorterSide, cut);
        bool isWide = clip.Width >= clip.Height;
        int left = Begin(width - cut.Width, isWide ? number : null);
        int top = Begin(height - cut.Height, isWide ? null : number);
        return ClipTransform.Cut(clip, (width, height), left, top, cut);
    }

    private int Begin(int room, int? number) => number is { } along && cuts > 1 ? along * room / (cuts - 1) : room / 2;

    private int[] Controlled(int[] frames)
    {
        if (input.Control == ClipControl.MiddleFrame)
        {
            Array.Fill(frames, frames[frames.Length / 2]);
        }

        return frames;
    }

    private static VideoClip Chosen(VideoClip read, int[] numbers, int[] chosen)
    {
        int frameBytes = read.Width * read.Height * 3;
        byte[] bytes = new byte[chosen.Length * frameBytes];
        for (int i = 0; i < chosen.Length; i++)
        {
            read.Frame(Array.BinarySearch(numbers, chosen[i])).CopyTo(bytes.AsSpan(i * frameBytes));
        }

        return new(read.Width, read.Height, bytes, read.Rate);
    }
}
