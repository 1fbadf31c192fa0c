namespace NonLocal.Vision.Datasets.Generated;

/// <summary>How large and how hard the clips of <see cref="TunnelBalls"/> are.</summary>
public sealed record TunnelBallsOptions
{
    /// <summary>Frames of a clip. Default 12.</summary>
    public int Frames { get; init; } = 12;

    /// <summary>Pixels in a row. Default 64.</summary>
    public int Width { get; init; } = 64;

    /// <summary>Rows. Default 24.</summary>
    public int Height { get; init; } = 24;

    /// <summary>How long the tunnel in the middle is, in pixels. Default 32.</summary>
    public int Tunnel { get; init; } = 32;

    /// <summary>The radius of a ball in pixels. Default 4.</summary>
    public int Radius { get; init; } = 4;

    /// <summary>For how many frames a ball is seen on either side, at least 2. Default 4.</summary>
    public int Seen { get; init; } = 4;

    /// <summary>For how many frames at least no ball is seen in between. Default 3.</summary>
    public int Hidden { get; init; } = 3;

    /// <summary>How many grey blots lie behind. Default 10.</summary>
    public int Clutter { get; init; } = 10;

    /// <summary>The deviation of the noise on every sample, in levels of 0 to 255. Default 10.</summary>
    public float Noise { get; init; } = 10;

    /// <summary>From a ball's centre to the upper or lower border, at least.</summary>
    internal int Margin => Radius + 1;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Radius, 1, nameof(Radius));
        ArgumentOutOfRangeException.ThrowIfLessThan(Seen, 2, nameof(Seen));
        ArgumentOutOfRangeException.ThrowIfNegative(Hidden, nameof(Hidden));
        ArgumentOutOfRangeException.ThrowIfLessThan(Frames, (2 * Seen) + Hidden, nameof(Frames));
        ArgumentOutOfRangeException.ThrowIfLessThan(Height, (2 * Margin) + 1, nameof(Height));
        ArgumentOutOfRangeException.ThrowIfLessThan(Tunnel, 2 * Margin, nameof(Tunnel));
        ArgumentOutOfRangeException.ThrowIfLessThan(Width, Tunnel + (4 * Margin), nameof(Width));
        ArgumentOutOfRangeException.ThrowIfNegative(Clutter, nameof(Clutter));
        ArgumentOutOfRangeException.ThrowIfNegative(Noise, nameof(Noise));
    }
}
