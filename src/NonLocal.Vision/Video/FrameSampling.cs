namespace NonLocal.Vision.Video;

/// <summary>Which frames of a video a network sees.</summary>
/// <remarks>
/// A clip is <c>frames</c> numbers, <c>stride</c> apart. Where it would go on after the video's end, the last frame is repeated: numbers
/// are cut off at count − 1, as SlowFast's <c>temporal_sampling</c> does it (mmaction's default begins again from the start instead).
/// </remarks>
public static class FrameSampling
{
    /// <summary>The clip from a given frame: start, start + stride, …, each at most count − 1.</summary>
    /// <param name="count">Frames of the video, at least 1.</param>
    /// <param name="start">The first frame's number, 0 to count − 1.</param>
    /// <param name="frames">Frames of the clip, at least 1.</param>
    /// <param name="stride">From one to the next, at least 1.</param>
    public static int[] Clip(int count, int start, int frames, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(start, count);
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        int[] numbers = new int[frames];
        for (int i = 0; i < frames; i++)
        {
            numbers[i] = (int)Math.Min(count - 1, start + ((long)i * stride));
        }

        return numbers;
    }

    /// <summary>
    /// Where the clips of a test begin that are spread evenly over a video: the first at its start, the last so that it ends with the
    /// video, the others ⌊k (count − span) ÷ (clips − 1)⌋ between, where a clip spans (frames − 1) stride + 1; a single one in the middle.
    /// </summary>
    /// <param name="count">Frames of the video, at least 1. Where a clip is longer, all begin at 0.</param>
    /// <param name="clips">How many, at least 1; ten in the tests of the non-local networks' paper.</param>
    /// <param name="frames">Frames of a clip, at least 1.</param>
    /// <param name="stride">From one to the next, at least 1.</param>
    public static int[] EvenStarts(int count, int clips, int frames, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(clips, 1);
        long room = Room(count, frames, stride);
        int[] starts = new int[clips];
        for (int k = 0; k < clips; k++)
        {
            starts[k] = (int)(clips == 1 ? room / 2 : k * room / (clips - 1));
        }

        return starts;
    }

    /// <summary>Where a clip begins for training: anywhere, but so that it ends with the video at the latest.</summary>
    /// <param name="count">Frames of the video, at least 1. Where the clip is longer, it begins at 0.</param>
    /// <param name="frames">Frames of the clip, at least 1.</param>
    /// <param name="stride">From one to the next, at least 1.</param>
    /// <param name="uniform">A uniform random number, at least 0 and below 1.</param>
    public static int RandomStart(int count, int frames, int stride, float uniform)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(uniform);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(uniform, 1f);
        long room = Room(count, frames, stride);
        return (int)Math.Min(room, (long)((double)uniform * (room + 1)));
    }

    // How far the start of a clip can move.
    private static long Room(int count, int frames, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        return Math.Max(0, count - (((frames - 1L) * stride) + 1));
    }
}
