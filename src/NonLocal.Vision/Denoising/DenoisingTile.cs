namespace NonLocal.Vision.Denoising;

/// <summary>
/// A tile, the window of the picture that it reads, what is kept for its pixels, and which pixels a shift concerns. Places are those of the
/// picture.
/// </summary>
internal unsafe struct DenoisingTile
{
    private readonly DenoisingSizes sizes;
    private readonly float* window;

    /// <summary>Tile <paramref name="index"/>.</summary>
    /// <param name="sizes">How the picture is cut.</param>
    /// <param name="index">The tile.</param>
    /// <param name="scratch">The worker's memory.</param>
    public DenoisingTile(in DenoisingSizes sizes, int index, float* scratch)
    {
        this.sizes = sizes;
        Top = index / sizes.TileColumns * DenoisingSizes.TileHeight;
        Left = index % sizes.TileColumns * DenoisingSizes.TileWidth;
        Bottom = Math.Min(Top + DenoisingSizes.TileHeight, sizes.Height);
        Right = Math.Min(Left + DenoisingSizes.TileWidth, sizes.Width);
        window = scratch;
        Sums = window + ((long)sizes.Frames * sizes.Planes * sizes.WindowLength);
        Totals = Sums + (sizes.Channels * sizes.CoreLength);
        Largest = Totals + sizes.CoreLength;
        Weights = Largest + sizes.CoreLength;
    }

    /// <summary>First row.</summary>
    public int Top { get; }

    /// <summary>First column.</summary>
    public int Left { get; }

    /// <summary>Row after the last.</summary>
    public int Bottom { get; }

    /// <summary>Column after the last.</summary>
    public int Right { get; }

    /// <summary>Weighted sums of the samples, one plane a channel.</summary>
    public float* Sums { get; }

    /// <summary>Sums of weights.</summary>
    public float* Totals { get; }

    /// <summary>Largest weights of others.</summary>
    public float* Largest { get; }

    /// <summary>For weights, <see cref="DenoisingSizes.WeightsLength"/>.</summary>
    public float* Weights { get; }

    /// <summary>First row of pixels p whose weights w(p, p + δ) matter.</summary>
    public int FirstRow { get; private set; }

    /// <summary>Row after the last.</summary>
    public int EndRow { get; private set; }

    /// <summary>The patch centres that matter to the tile and lie in the picture: first row.</summary>
    public readonly int CoreTop => Math.Max(Top - sizes.Margin, 0);

    /// <summary>Row after the last.</summary>
    public readonly int CoreBottom => Math.Min(Bottom + sizes.Margin, sizes.Height);

    /// <summary>First column.</summary>
    public readonly int CoreLeft => Math.Max(Left - sizes.Margin, 0);

    /// <summary>Column after the last.</summary>
    public readonly int CoreRight => Math.Min(Right + sizes.Margin, sizes.Width);

    /// <summary>A plane of the window: a channel of a picture, or after those what noise there is in its patches.</summary>
    public readonly float* Plane(int frame, int plane) => window + ((((long)frame * sizes.Planes) + plane) * sizes.WindowLength);

    /// <summary>Sample (y, x) of a channel of a picture, from the window.</summary>
    public readonly float* Sample(int frame, int channel, int y, int x) => Plane(frame, channel)
        + ((y - Top + sizes.Reach) * sizes.WindowStride) + (x - Left + sizes.WindowIndent);

    /// <summary>How much noise there is in the patch around (y, x), where that depends on it: from the window's last plane.</summary>
    public readonly float Noise(int y, int x) => *Sample(sizes.Frame, sizes.Channels, y - sizes.Patch, x - sizes.Patch);

    /// <summary>Where column <paramref name="x"/> stands in a row of weights or sums.</summary>
    public readonly int Column(int x) => x - Left + sizes.Indent;

    /// <summary>Where patch centre (y, x) stands in a plane.</summary>
    public readonly int CoreIndex(int y, int x) => ((y - Top + sizes.Margin) * sizes.Stride) + Column(x);

    /// <summary>Goes to shifts: the rows where p, or p + δ in a pair, is a patch centre that matters and both are in the picture.</summary>
    public void Enter(in ShiftRow shifts)
    {
        FirstRow = Math.Max(CoreTop - (shifts.IsPair ? shifts.Y : 0), Math.Max(0, -shifts.Y));
        EndRow = Math.Min(CoreBottom, Math.Min(sizes.Height, sizes.Height - shifts.Y));
    }
}
