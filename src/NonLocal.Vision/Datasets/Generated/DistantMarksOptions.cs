namespace NonLocal.Vision.Datasets.Generated;

/// <summary>How hard the pictures of <see cref="DistantMarks"/> are.</summary>
public sealed record DistantMarksOptions
{
    /// <summary>Width and height in pixels. Default 32.</summary>
    public int Size { get; init; } = 32;

    /// <summary>Width and height of a mark in pixels, an odd number of at least 3. Default 5.</summary>
    public int MarkSize { get; init; } = 5;

    /// <summary>The least distance of the two marks' centres, in pixels, along x or along y. Default 16.</summary>
    public int Distance { get; init; } = 16;

    /// <summary>How many kinds of marks there are, 2 to 8, each with a colour of its own. Default 4.</summary>
    public int Kinds { get; init; } = 4;

    /// <summary>Whether kinds differ in shape too (bar, column, cross, diagonals, …), not in colour alone. Default true.</summary>
    public bool Shapes { get; init; } = true;

    /// <summary>How many grey blots lie behind the marks. Default 12.</summary>
    public int Clutter { get; init; } = 12;

    /// <summary>The deviation of the noise on every sample, in levels of 0 to 255. Default 12.</summary>
    public float Noise { get; init; } = 12;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MarkSize, 3, nameof(MarkSize));
        ArgumentOutOfRangeException.ThrowIfEqual(MarkSize % 2, 0, nameof(MarkSize));
        ArgumentOutOfRangeException.ThrowIfLessThan(Distance, MarkSize, nameof(Distance));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Distance, Size - MarkSize, nameof(Distance));
        ArgumentOutOfRangeException.ThrowIfLessThan(Kinds, 2, nameof(Kinds));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Kinds, 8, nameof(Kinds));
        ArgumentOutOfRangeException.ThrowIfNegative(Clutter, nameof(Clutter));
        ArgumentOutOfRangeException.ThrowIfNegative(Noise, nameof(Noise));
    }
}
