using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// A convolution with a 3×3 window that moves by one, in tiles of 4×4 outputs (<see cref="WinogradTransform"/>): a part transforms some
/// tiles, multiplies them by the transformed weight, one small product for each of the 36 factors, and transforms back. A window that reads
/// several frames sums up their products before it transforms back. Serves the input gradient too, by another grid.
/// </summary>
internal unsafe struct WinogradConvolution : IParallelJob
{
    private const int Outputs = WinogradTransform.Outputs;
    private const int Products = WinogradTransform.Products;
    private const int TileRows = WinogradProduct.Rows;
    private const int ChannelUnit = 16;

    public WindowGrid Grid;
    public float* Map;
    public int Channels;
    public int Columns;

    /// <summary>From <see cref="WinogradPacking"/>.</summary>
    public float* Packed;

    public float* Output;
    public ProductEpilogue Epilogue;

    /// <summary><see cref="WorkerFloats"/> floats for each worker.</summary>
    public float* WorkerScratch;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts
    {
        get
        {
            WinogradPart part = WinogradPart.Of(Grid, Channels, Columns);
            return (WinogradTiles.Count(Grid) + part.Tiles - 1) / part.Tiles * FrameBlocks(part);
        }
    }

    private readonly bool IsPlain => Epilogue is { Bias: null, Relu: false, Accumulate: false } && Epilogue.Residual.Data == null;

    /// <summary>Whether this route suits a walk over a map with the given channels.</summary>
    public static bool Suits(in WindowGrid grid, int groups, int channels, int columns) =>
        groups == 1 && channels % ChannelUnit == 0 && columns % ChannelUnit == 0
        && WinogradTiles.Suits(grid);

    /// <summary>Scratch memory of one worker.</summary>
    public static long WorkerFloats(in WindowGrid grid, int channels, int columns)
    {
        WinogradPart part = WinogradPart.Of(grid, channels, columns);
        return ((part.FactorStride(channels) + part.ProductStride(columns)) * Products) + (Outputs * Outputs * columns);
    }

    /// <summary>Size of a transformed weight.</summary>
    /// <param name="frames">Frames of the window.</param>
    /// <param name="channels">Channels of the map.</param>
    /// <param name="columns">Channels of the output.</param>
    public static long PackedFloats(int frames, int channels, int columns) =>
        Products * MatrixProduct.PackedFloats(frames * channels, columns);

    public readonly void Execute(int index, int worker)
    {
        float* scratch = WorkerScratch + (nint)(worker * WorkerFloats(Grid, Channels, Columns));
        if (SimdWidth.Is512)
        {
            Execute<Simd512>(index, scratch);
        }
        else if (SimdWidth.Is256)
        {
            Execute<Simd256>(index, scratch);
        }
        else
        {
            Execute<Simd128>(index, scratch);
        }
    }

    private readonly int FrameBlocks(in WinogradPart part) => (Grid.Axis0.Grid + part.Frames - 1) / part.Frames;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int index, float* scratch)
        where T : unmanaged, ISimd<T>
    {
        WinogradPart part = WinogradPart.Of(Grid, Channels, Columns);
        nint factorStride = part.FactorStride(Channels);
        nint productStride = part.ProductStride(Columns);
        int first = index / FrameBlocks(part) * part.Tiles;
        int firstFrame = index % FrameBlocks(part) * part.Frames;
        int tiles = Math.Min(WinogradTiles.Count(Grid) - first, part.Tiles);
        int frames = Math.Min(Grid.Axis0.Grid - firstFrame, part.Frames);

        // Tiles that fill up the last register tile; their products are not used.
        int rows = (tiles + TileRows - 1) / TileRows * TileRows;
        nint frameStride = rows * WinogradPart.RowStride(Channels);
        for (int source = 0; source < frames + Grid.Axis0.Taps - 1; source++)
        {
            TransformFrame<T>(first, tiles, rows, firstFrame + source, scratch + (source * frameStride), factorStride);
        }

        float* products = scratch + (Products * factorStride);
        for (int factor = 0; factor < Products; factor++)
        {
            Multiply<T>(
                rows, firstFrame, frames, scratch + (factor * factorStride), factor, products + (factor * productStride));
        }

        float* outputs = products + (Products * productStride);
        for (int frame = 0; frame < frames; frame++)
        {
            for (int tile = 0; tile < tiles; tile++)
            {
                float* from = products + ((((nint)frame * rows) + tile) * Columns);
                TransformBack<T>(first + tile, firstFrame + frame, from, productStride, outputs);
            }
        }
    }

    // The tiles of the frame that tap 0 of a frame reads, where there is one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void TransformFrame<T>(int first, int tiles, int rows, int frame, float* to, nint factorStride)
        where T : unmanaged, ISimd<T>
    {
        if (!WinogradTiles.Reads(Grid, frame, 0, out int source))
        {
            return;
        }

        nint rowStride = WinogradPart.RowStride(Channels);
        for (int tile = 0; tile < tiles; tile++)
        {
            WinogradTiles.TransformInput<T>(
                Grid, Map, Channels, 0, Channels, first + tile, source, to + (tile * rowStride), factorStride);
        }

        for (int factor = 0; tiles < rows && factor < Products; factor++)
        {
            new Span<float>(to + (factor * factorStride) + (tiles * rowStride), (int)((rows - tiles) * rowStride)).Clear();
        }
    }

    // One factor of some tiles times its matrix, summed over the frames that the window reads.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Multiply<T>(int rows, int firstFrame, int frames, float* factors, int factor, float* products)
        where T : unmanaged, ISimd<T>
    {
        TallSegment* segments = stackalloc TallSegment[WinogradTiles.MostFrameTaps];
        nint rowStride = WinogradPart.RowStride(Channels);
        nint inner = (nint)Grid.Axis0.Taps * Channels;
        float* right = Packed + (factor * (nint)MatrixProduct.PackedFloats((int)inner, Columns));
        for (int column = 0; column < Columns; column += 2 * T.Width, right += inner * 2 * T.Width)
        {
            for (int row = 0; row < frames * rows; row += TileRows)
            {
                int count = 0;
                for (int tap = 0; tap < Grid.Axis0.Taps; tap++)
                {
                    if (WinogradTiles.Reads(Grid, firstFrame + (row / rows), tap, out _))
                    {
                        segments[count++] = new TallSegment(
                            factors + ((row + (tap * rows)) * rowStride), right + ((nint)tap * Channels * 2 * T.Width));
                    }
                }

                float* to = products + ((nint)row * Columns) + column;
                int columns = Math.Min(2 * T.Width, Columns - column);
                WinogradProduct.Run<T>(segments, count, rowStride, Channels, columns, to, Columns);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void TransformBack<T>(int tile, int frame, float* products, nint productStride, float* outputs)
        where T : unmanaged, ISimd<T>
    {
        (int sample, int down, int across) = WinogradTiles.Place(Grid, tile);
        nint plane = ((nint)sample * Grid.Axis0.Grid) + frame;
        if (IsPlain && down + Outputs <= Grid.Axis1.Grid && across + Outputs <= Grid.Axis2.Grid)
        {
            float* to = Output + (((((plane * Grid.Axis1.Grid) + down) * Grid.Axis2.Grid) + across) * Columns);
            BackTo<T>(products, productStride, to, Grid.Axis2.Grid * (nint)Columns);
            return;
        }

        BackTo<T>(products, productStride, outputs, Outputs * (nint)Columns);
        for (int y = down; y < Math.Min(down + Outputs, Grid.Axis1.Grid); y++)
        {
            for (int x = across; x < Math.Min(across + Outputs, Grid.Axis2.Grid); x++)
            {
                nint row = (((plane * Grid.Axis1.Grid) + y) * Grid.Axis2.Grid) + x;
                float* from = outputs + ((nint)(((y - down) * Outputs) + x - across) * Columns);
                Epilogue.Write<T>(from, Output + (row * Columns), row, Columns, Epilogue.Accumulate, last: true);
            }
        }
    }

    // All columns of a tile's outputs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void BackTo<T>(float* products, nint productStride, float* to, nint rowStride)
        where T : unmanaged, ISimd<T>
    {
        for (int column = 0; column < Columns; column += T.Width)
        {
            WinogradTransform.Output<T>(products + column, productStride, to + column, rowStride, Columns);
        }
    }
}
