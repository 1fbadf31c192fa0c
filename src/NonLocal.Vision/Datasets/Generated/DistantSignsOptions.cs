namespace NonLocal.Vision.Datasets.Generated;

/// <summary>How large and how hard the clips of <see cref="DistantSigns"/> are.</summary>
public sealed record DistantSignsOptions
{
    /// <summary>Frames of a clip. Default 12.</summary>
    public int Frames { get; init; } = 12;

    /// <summary>Pixels in a row. Default 64.</summary>
    public int Width { get; init; } = 64;

    /// <summary>Rows. Default 24.</summary>
    public int Height { get; init; } = 24;

    /// <summary>The least distance between the centres of sign and circle along a row, in pixels. Default 36.</summary>
    public int Distance { get; init; } = 36;

    /// <summary>For how many frames the sign is lit. Default 2.</summary>
    public int SignFrames { get; init; } = 2;

    /// <summary>For how many frames at least nothing happens between sign and turn. Default 2.</summary>
    public int Pause { get; init; } = 2;

    /// <summary>In how many frames the dot turns once around its centre, at least 3. Default 6.</summary>
    public int TurnFrames { get; init; } = 6;

    /// <summary>How far the dot is from the centre of its circle, in pixels. Default 6.</summary>
    public int Radius { get; init; } = 6;

    /// <summary>How many grey blots lie behind. Default 10.</summary>
    public int Clutter { get; init; } = 10;

    /// <summary>The deviation of the noise on every sample, in levels of 0 to 255. Default 10.</summary>
    public float Noise { get; init; } = 10;

    /// <summary>From the centre of a circle or sign to the border, at least.</summary>
    internal int Margin => Radius + 4;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(SignFrames, 1, nameof(SignFrames));
        ArgumentOutOfRangeException.ThrowIfNegative(Pause, nameof(Pause));
        ArgumentOutOfRangeException.ThrowIfLessThan(TurnFrames, 3, nameof(TurnFrames));
        ArgumentOutOfRangeException.ThrowIfLessThan(Frames, SignFrames + Pause + TurnFrames, nameof(Frames));
        ArgumentOutOfRangeException.ThrowIfLessThan(Radius, 2, nameof(Radius));
        ArgumentOutOfRangeException.ThrowIfLessThan(Height, 2 * Margin, nameof(Height));
        ArgumentOutOfRangeException.ThrowIfLessThan(Distance, 2 * Margin, nameof(Distance));
        ArgumentOutOfRangeException.ThrowIfLessThan(Width, (2 * Margin) + Distance, nameof(Width));
        ArgumentOutOfRangeException.ThrowIfNegative(Clutter, nameof(Clutter));
        ArgumentOutOfRangeException.ThrowIfNegative(Noise, nameof(Noise));
    }
}
