namespace NonLocal.Tensors.Kernels;

/// <summary>
/// How <see cref="WinogradWeightGradient"/> cuts its work: a block of channels has its sums in the second-level cache, beside the factors
/// of some tiles of some frames at a time.
/// </summary>
/// <param name="BlockChannels">Channels of a block, of both sides.</param>
/// <param name="Rows">Input channels of the widest block.</param>
/// <param name="Columns">Output channels of the widest block.</param>
/// <param name="Taps">Frames that the window reads.</param>
/// <param name="Tiles">Tiles of a frame that are transformed at a time.</param>
/// <param name="Frames">Frames of the grid that are.</param>
internal readonly record struct WinogradGradientPart(int BlockChannels, int Rows, int Columns, int Taps, int Tiles, int Frames)
{
    private const int Products = WinogradTransform.Products;

    // 36 · 64 · 64 sums are half a megabyte, as are three times 36 · 32 · 32.
    private const int FrameBlock = 64;
    private const int ClipBlock = 32;

    // Sums, factors and products' gradients that should lie in the second-level cache together.
    private const int WantedFloats = 220_000;
    private const int LeastTiles = 16;
    private const int MostTiles = 128;
    private const int MostFrames = 8;

    /// <summary>Floats of the sums.</summary>
    public long SumFloats => (long)Taps * Products * Rows * Columns;

    /// <summary>Floats from one of the 36 factors to the next.</summary>
    public nint FactorStride => WinogradTransform.FactorStride((nint)(Frames + Taps - 1) * Tiles * Rows);

    /// <summary>Floats from the gradients of one of the 36 products to the next.</summary>
    public nint GradientStride => WinogradTransform.FactorStride((nint)Frames * Tiles * Columns);

    /// <summary>Sums, factors and gradients.</summary>
    public long Floats => SumFloats + (Products * (FactorStride + GradientStride));

    /// <summary>The parts of the walk of a convolution.</summary>
    public static WinogradGradientPart Of(in WindowGrid grid, int inputChannels, int outputChannels)
    {
        int taps = grid.Axis0.Taps;
        int block = taps > 1 ? ClipBlock : FrameBlock;
        int rows = Math.Min(block, inputChannels);
        int columns = Math.Min(block, outputChannels);
        int frames = Math.Min(MostFrames, grid.Axis0.Grid);
        int tile = Products * (((frames + taps - 1) * rows) + (frames * columns));
        int left = WantedFloats - (taps * Products * rows * columns);
        int tiles = Math.Clamp(left / tile, Math.Max(1, LeastTiles / frames), MostTiles);
        return new WinogradGradientPart(block, rows, columns, taps, tiles, frames);
    }

    /// <summary>How many blocks some channels are.</summary>
    public int Blocks(int channels) => (channels + BlockChannels - 1) / BlockChannels;
}
