namespace NonLocal.Vision.Denoising;

/// <summary>
/// How the fast route cuts a picture: into tiles of a fixed size, each computed from a window of the picture that is copied for it. So
/// the bits do not depend on the threads, and memory not on the picture.
/// </summary>
internal readonly record struct DenoisingSizes
{
    /// <summary>Rows of a tile.</summary>
    public const int TileHeight = 64;

    /// <summary>Columns of a tile.</summary>
    public const int TileWidth = 128;

    // Rows end with room for one register beyond what counts: loops over a row work in whole registers.
    private const int Slack = 16;

    /// <summary>Sizes for a picture.</summary>
    public DenoisingSizes(int height, int width, int channels, int samples, NonLocalMeansOptions options)
    {
        Height = height;
        Width = width;
        Channels = channels;
        Samples = samples;
        Patch = options.PatchRadius;
        Search = Math.Min(options.SearchRadius, Math.Max(height, width) - 1);
        Margin = options.Aggregation == Aggregation.Patchwise ? Patch : 0;
    }

    /// <summary>Rows of the picture.</summary>
    public int Height { get; }

    /// <summary>Columns of the picture.</summary>
    public int Width { get; }

    /// <summary>Channels that are denoised.</summary>
    public int Channels { get; }

    /// <summary>Samples of a pixel: one more than channels where there is alpha.</summary>
    public int Samples { get; }

    /// <summary>f.</summary>
    public int Patch { get; }

    /// <summary>r, no larger than the picture asks for.</summary>
    public int Search { get; }

    /// <summary>How far from a tile a patch's centre may lie that says something about the tile's pixels.</summary>
    public int Margin { get; }

    /// <summary>How far the window reaches beyond a tile.</summary>
    public int Reach => Margin + Search + Patch;

    /// <summary>Rows of the window.</summary>
    public int WindowRows => TileHeight + (2 * Reach);

    /// <summary>From row to row of the window.</summary>
    public int WindowStride => TileWidth + (2 * Reach);

    /// <summary>Floats of one channel of the window.</summary>
    public int WindowLength => (WindowRows * WindowStride) + (2 * Slack);

    /// <summary>From row to row of what is kept for each patch centre.</summary>
    public int CoreStride => TileWidth + (2 * Margin) + Slack;

    /// <summary>Rows of the patch centres.</summary>
    public int CoreRows => TileHeight + (2 * Margin);

    /// <summary>Floats of what is kept for each patch centre.</summary>
    public int CoreLength => (CoreRows * CoreStride) + Slack;

    /// <summary>From row to row of filtered differences.</summary>
    public int DifferenceStride => CoreStride + Search + (2 * Patch) + Slack;

    /// <summary>Floats of the filtered differences of one shift.</summary>
    public int DifferenceLength => (CoreRows + Search + (2 * Patch)) * DifferenceStride;

    /// <summary>Tiles beside each other.</summary>
    public int TileColumns => (Width + TileWidth - 1) / TileWidth;

    /// <summary>All tiles.</summary>
    public int Tiles => (Height + TileHeight - 1) / TileHeight * TileColumns;

    /// <summary>
    /// Floats that one worker needs: window and sums for each channel, four planes for the centres, differences, four rows.
    /// </summary>
    public int ScratchLength => (Channels * (WindowLength + CoreLength)) + (4 * CoreLength) + DifferenceLength + (4 * DifferenceStride);

    /// <summary>The place of a sample that is mirrored at the borders until it lies inside; the outermost sample stands twice.</summary>
    public static int Mirrored(int position, int length)
    {
        int place = position % (2 * length);
        place = place < 0 ? place + (2 * length) : place;
        return Math.Min(place, (2 * length) - 1 - place);
    }

    /// <summary>How many patch centres of a line of pixels are no further away than a patch's radius.</summary>
    public static int Covering(int position, int length, int radius) =>
        Math.Min(position + radius, length - 1) - Math.Max(position - radius, 0) + 1;
}
