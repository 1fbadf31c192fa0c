namespace NonLocal.Vision.Datasets.Generated;

/// <summary>How large and how hard the clips of <see cref="DistantSigns"/> are.</summary>
public sealed record DistantSignsOptions
{
    /// <summary>From the middle of a sign or belt to the upper or lower border, at least.</summary>
    internal const int VerticalMargin = 6;

    /// <summary>Frames of a clip. Default 12.</summary>
    public int Frames { get; init; } = 12;

    /// <summary>Pixels in a row. Default 64.</summary>
    public int Width { get; init; } = 64;

    /// <summary>Rows. Default 24.</summary>
    public int Height { get; init; } = 24;

    /// <summary>The least distance between the middles of sign and belt along a row, in pixels. Default 36.</summary>
    public int Distance { get; init; } = 36;

    /// <summary>For how many frames the sign is lit. Default 2.</summary>
    public int SignFrames { get; init; } = 2;

    /// <summary>For how many frames at least nothing happens between sign and run. Default 2.</summary>
    public int Pause { get; init; } = 2;

    /// <summary>In how many frames the dot runs once around its belt, at least 3. Default 6.</summary>
    public int RunFrames { get; init; } = 6;

    /// <summary>The length of the belt in pixels, at least as many as the run has frames. Default 18.</summary>
    public int BeltLength { get; init; } = 18;

    /// <summary>How many grey blots lie behind. Default 10.</summary>
    public int Clutter { get; init; } = 10;

    /// <summary>The deviation of the noise on every sample, in levels of 0 to 255. Default 10.</summary>
    public float Noise { get; init; } = 10;

    /// <summary>From the middle of a sign or belt to the left or right border, at least.</summary>
    internal int Margin => (BeltLength / 2) + 3;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(SignFrames, 1, nameof(SignFrames));
        ArgumentOutOfRangeException.ThrowIfNegative(Pause, nameof(Pause));
        ArgumentOutOfRangeException.ThrowIfLessThan(RunFrames, 3, nameof(RunFrames));
        ArgumentOutOfRangeException.ThrowIfLessThan(Frames, SignFrames + Pause + RunFrames, nameof(Frames));
        ArgumentOutOfRangeException.ThrowIfLessThan(BeltLength, RunFrames, nameof(BeltLength));
        ArgumentOutOfRangeException.ThrowIfLessThan(Height, 2 * VerticalMargin, nameof(Height));
        ArgumentOutOfRangeException.ThrowIfLessThan(Distance, 2 * Margin, nameof(Distance));
        ArgumentOutOfRangeException.ThrowIfLessThan(Width, (2 * Margin) + Distance, nameof(Width));
        ArgumentOutOfRangeException.ThrowIfNegative(Clutter, nameof(Clutter));
        ArgumentOutOfRangeException.ThrowIfNegative(Noise, nameof(Noise));
    }
}
