namespace NonLocal.Tensors.Kernels;

/// <summary>
/// How <see cref="WinogradConvolution"/> cuts its work: a part has some tiles of some frames. The frames of the source that they read are
/// transformed once for all taps along time, and with the products should lie in the second-level cache.
/// </summary>
/// <param name="Tiles">Tiles of a frame, whole register tiles.</param>
/// <param name="Frames">Frames of the grid.</param>
/// <param name="Sources">Frames of the source.</param>
internal readonly record struct WinogradPart(int Tiles, int Frames, int Sources)
{
    private const int TileRows = WinogradProduct.Rows;
    private const int Products = WinogradTransform.Products;
    private const int WantedFloats = 1 << 17;

    // Every weight that is read should meet 16 tiles, or 32 where frames overlap.
    private const int LeastTiles = 16;
    private const int LeastFrames = 4;

    // Rows of factors whose distance is a power of two would collide in the cache; those of one register are one line after the other.
    private const int RowGap = 16;

    /// <summary>The parts of a walk over a map with the given channels.</summary>
    public static WinogradPart Of(in WindowGrid grid, int channels, int columns)
    {
        int overlap = grid.Axis0.Taps - 1;
        int oneFrame = Products * TileRows * (channels + columns);
        int frames = Math.Clamp((WantedFloats / oneFrame) - overlap, Math.Min(LeastFrames, grid.Axis0.Grid), grid.Axis0.Grid);
        int sources = frames + overlap;
        int tiles = WantedFloats / (Products * ((sources * channels) + (frames * columns))) / TileRows * TileRows;
        tiles = Math.Max(frames > 1 ? TileRows : LeastTiles, tiles);

        // Two parts at least, where there are two.
        int half = (WinogradTiles.Count(grid) + (2 * TileRows) - 1) / (2 * TileRows) * TileRows;
        return new WinogradPart(Math.Clamp(half, TileRows, tiles), frames, sources);
    }

    /// <summary>Floats from the factors of one tile to those of the next.</summary>
    public static nint RowStride(int channels) => channels > RowGap ? channels + RowGap : channels;

    /// <summary>Floats from one of the 36 factors to the next.</summary>
    public nint FactorStride(int channels) => WinogradTransform.FactorStride((nint)Sources * Tiles * RowStride(channels));

    /// <summary>Floats from one of the 36 products to the next.</summary>
    public nint ProductStride(int columns) => WinogradTransform.FactorStride((nint)Frames * Tiles * columns);
}
