namespace NonLocal.Vision.Datasets.Clips;

/// <summary>What a network of clips is fed with: [frames, height, width, channels].</summary>
/// <param name="Frames">Frames of a clip, at least 1.</param>
/// <param name="Stride">From one to the next in the video, at least 1.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public sealed record ClipInput(int Frames, int Stride, int Height, int Width)
{
    /// <summary>
    /// Frames are resized so that their shorter side has so many pixels (more where the cut would not fit), and height × width are cut
    /// out. Null, the default: they are resized to height × width.
    /// </summary>
    public int? ShorterSide { get; init; }

    /// <summary>Of each channel, in 0 … 1; one number: frames are made grey. Default that of video networks, 0.45.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [0.45f, 0.45f, 0.45f];

    /// <summary>What each channel is divided by, above 0. Default 0.225.</summary>
    public IReadOnlyList<float> Deviation { get; init; } = [0.225f, 0.225f, 0.225f];

    /// <summary>
    /// Afterwards every clip as a whole is brought to mean 0 and deviation 1, so that neither light nor contrast tells anything; a clip of
    /// one colour becomes 0. Default false.
    /// </summary>
    public bool NormalizeEach { get; init; }

    /// <summary>What is taken from the clip, to find out what a class depends on. Default nothing.</summary>
    public ClipControl Control { get; init; }

    /// <summary>
    /// Where the middle of a video's pixel goes, cut out in the middle: pixels of the input from its upper left corner, outside of it where
    /// the pixel is cut off.
    /// </summary>
    /// <param name="width">Pixels in a row of the video.</param>
    /// <param name="height">Rows of the video.</param>
    /// <param name="x">The pixel's column.</param>
    /// <param name="y">The pixel's row.</param>
    public (double X, double Y) Place(int width, int height, int x, int y)
    {
        (int wide, int high) = ClipTransform.Resized(width, height, ShorterSide, (Width, Height));
        return (((x + 0.5) * wide / width) - ((wide - Width) / 2), ((y + 0.5) * high / height) - ((high - Height) / 2));
    }

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Frames, 1, nameof(Frames));
        ArgumentOutOfRangeException.ThrowIfLessThan(Stride, 1, nameof(Stride));
        ArgumentOutOfRangeException.ThrowIfLessThan(Height, 1, nameof(Height));
        ArgumentOutOfRangeException.ThrowIfLessThan(Width, 1, nameof(Width));
        ArgumentOutOfRangeException.ThrowIfLessThan(ShorterSide ?? 1, 1, nameof(ShorterSide));
        if (Mean.Count is not (1 or 3) || Deviation.Count != Mean.Count)
        {
            throw new ArgumentException($"got {Mean.Count} means and {Deviation.Count} deviations, expected 3 and 3 or 1 and 1");
        }
    }
}

/// <summary>What is taken from a clip for an experiment's control.</summary>
public enum ClipControl
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The order: frames are shuffled, in another way for every clip and epoch.</summary>
    ShuffledFrames,

    /// <summary>All frames but the middle one, which stands in every frame's place: no motion.</summary>
    MiddleFrame,
}
