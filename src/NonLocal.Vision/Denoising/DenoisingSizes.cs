namespace NonLocal.Vision.Denoising;

/// <summary>
/// How the fast route cuts a picture: into tiles of a fixed size, each computed from a window of the picture (of each picture, in a film)
/// that is copied for it. So the bits do not depend on the threads, and memory not on the picture.
/// </summary>
internal readonly record struct DenoisingSizes
{
    /// <summary>Rows of a tile.</summary>
    public const int TileHeight = 64;

    /// <summary>Columns of a tile.</summary>
    public const int TileWidth = 128;

    /// <summary>Rows of weights that are computed together, so that they stay in the nearest cache.</summary>
    public const int BlockRows = 16;

    /// <summary>How many shifts along a row are added together: sums are then loaded and stored once for all of them.</summary>
    public const int GroupShifts = 7;

    // Loops over a row work in whole registers, from a place that is a multiple of the widest.
    private const int Register = 16;

    // Sums down columns are formed for four rows together.
    private const int SpareRows = 3;

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
        Indent = RoundedUp(Margin + Search);
        Stride = TileWidth + (2 * Indent) + RoundedUp(2 * Patch) + Register;
        WindowIndent = Indent + RoundedUp(Search) + Patch;
        WindowStride = Stride + (2 * RoundedUp(Search));
        WindowLength = WindowRows * WindowStride;
        CoreLength = (CoreRows + SpareRows) * Stride;
        IsClipped = ClippedNoise.Of(options) is not null;
        BlockLength = (BlockRows + (2 * Patch) + SpareRows) * Stride;
    }

    /// <summary>Rows of the picture.</summary>
    public int Height { get; }

    /// <summary>Columns of the picture.</summary>
    public int Width { get; }

    /// <summary>Channels that are denoised.</summary>
    public int Channels { get; }

    /// <summary>Whether noise depends on the patch.</summary>
    public bool IsClipped { get; }

    /// <summary>Planes of the window for each picture: the channels, and where noise depends on the patch how much there is.</summary>
    public int Planes => Channels + (IsClipped ? 1 : 0);

    /// <summary>Samples of a pixel: one more than channels where there is alpha.</summary>
    public int Samples { get; }

    /// <summary>f.</summary>
    public int Patch { get; }

    /// <summary>r, no larger than the picture asks for.</summary>
    public int Search { get; }

    /// <summary>Pictures that are searched: more than one in a film.</summary>
    public int Frames { get; init; } = 1;

    /// <summary>Which of them is denoised.</summary>
    public int Frame { get; init; }

    /// <summary>How far from a tile a patch's centre may lie that says something about the tile's pixels.</summary>
    public int Margin { get; }

    /// <summary>How far the window reaches beyond a tile.</summary>
    public int Reach => Margin + Search + Patch;

    /// <summary>Where the tile's first column stands in rows of weights and sums.</summary>
    public int Indent { get; }

    /// <summary>From row to row of weights and sums.</summary>
    public int Stride { get; }

    /// <summary>
    /// Where the tile's first column stands in rows of the window, so that a patch's first column stands where the weight of its centre
    /// does.
    /// </summary>
    public int WindowIndent { get; }

    /// <summary>Rows of the window.</summary>
    public int WindowRows => TileHeight + (2 * Reach);

    /// <summary>From row to row of the window.</summary>
    public int WindowStride { get; }

    /// <summary>Floats of one plane of the window.</summary>
    public int WindowLength { get; }

    /// <summary>Rows of the patch centres.</summary>
    public int CoreRows => TileHeight + (2 * Margin);

    /// <summary>Floats of what is kept for each patch centre.</summary>
    public int CoreLength { get; }

    /// <summary>Floats of the weights of one shift in a block of rows.</summary>
    public int BlockLength { get; }

    /// <summary>Floats for weights: a group of blocks, or all rows of one shift and what becomes of them.</summary>
    public int WeightsLength => Math.Max(GroupShifts * BlockLength, ((CoreRows + Search + (2 * Patch) + SpareRows) * Stride) + CoreLength);

    /// <summary>Tiles beside each other.</summary>
    public int TileColumns => (Width + TileWidth - 1) / TileWidth;

    /// <summary>All tiles.</summary>
    public int Tiles => (Height + TileHeight - 1) / TileHeight * TileColumns;

    /// <summary>Floats that one worker needs: windows, sums for each channel, two planes for the centres, weights.</summary>
    public int ScratchLength => checked((Frames * Planes * WindowLength) + ((Channels + 2) * CoreLength) + WeightsLength);

    /// <summary>The place of a sample that is mirrored at the borders until it lies inside; the outermost sample stands twice.</summary>
    public static int Mirrored(int position, int length)
    {
        int place = position % (2 * length);
        place = place < 0 ? place + (2 * length) : place;
        return Math.Min(place, (2 * length) - 1 - place);
    }

    private static int RoundedUp(int count) => (count + Register - 1) / Register * Register;
}
