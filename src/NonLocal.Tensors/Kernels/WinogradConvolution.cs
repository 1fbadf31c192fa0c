using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// A convolution with a 3×3 window that moves by one, in tiles of 4×4 outputs (<see cref="WinogradTransform"/>): a part transforms some
/// tiles, multiplies them by the transformed weight, one small product for each of the 36 factors, and transforms back. Serves the
/// input gradient too, by another grid.
/// </summary>
internal unsafe struct WinogradConvolution : IParallelJob
{
    private const int Outputs = WinogradTransform.Outputs;
    private const int Inputs = WinogradTransform.Inputs;
    private const int Products = WinogradTransform.Products;
    private const int TileRows = 8;
    private const int ChannelUnit = 32;

    // A part's factors and products should lie in the second-level cache; but every weight that is read should meet 16 tiles.
    private const int WantedFloats = 1 << 17;
    private const int LeastRowsPerPart = 16;

    // Rows of factors whose distance is a power of two would collide in the cache.
    private const int RowGap = 16;

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
    public readonly int Parts => (RowGroups + GroupsPerPart - 1) / GroupsPerPart;

    private readonly int RowGroups => (WinogradTiles.Count(Grid) + TileRows - 1) / TileRows;

    private readonly int GroupsPerPart => RowsPerPart(Grid, Channels, Columns) / TileRows;

    private readonly nint FactorStride =>
        WinogradTransform.FactorStride((nint)RowsPerPart(Grid, Channels, Columns) * (Channels + RowGap));

    private readonly nint ProductStride => WinogradTransform.FactorStride((nint)RowsPerPart(Grid, Channels, Columns) * Columns);

    private readonly bool IsPlain => Epilogue is { Bias: null, Relu: false, Accumulate: false } && Epilogue.Residual.Data == null;

    /// <summary>Whether this route suits a walk over a map with the given channels.</summary>
    public static bool Suits(in WindowGrid grid, int groups, int channels, int columns) =>
        groups == 1 && channels % ChannelUnit == 0 && columns % ChannelUnit == 0
        && WinogradTiles.Suits(grid);

    /// <summary>Scratch memory of one worker.</summary>
    public static long WorkerFloats(in WindowGrid grid, int channels, int columns)
    {
        nint rows = RowsPerPart(grid, channels, columns);
        nint factors = WinogradTransform.FactorStride(rows * (channels + RowGap)) + WinogradTransform.FactorStride(rows * columns);
        return (factors * Products) + (Outputs * Outputs * columns);
    }

    /// <summary>Size of a transformed weight.</summary>
    public static long PackedFloats(int channels, int columns) => Products * MatrixProduct.PackedFloats(channels, columns);

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

    private static int RowsPerPart(in WindowGrid grid, int channels, int columns)
    {
        int rows = Math.Max(LeastRowsPerPart, WantedFloats / (Products * (channels + columns)) / TileRows * TileRows);

        // Two parts at least, where there are two.
        return Math.Clamp((WinogradTiles.Count(grid) + (2 * TileRows) - 1) / (2 * TileRows) * TileRows, TileRows, rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int index, float* scratch)
        where T : unmanaged, ISimd<T>
    {
        int first = index * GroupsPerPart * TileRows;
        int tiles = Math.Min(WinogradTiles.Count(Grid) - first, GroupsPerPart * TileRows);
        float* products = scratch + (Products * FactorStride);
        for (int tile = 0; tile < tiles; tile++)
        {
            float* factors = scratch + (tile * (nint)(Channels + RowGap));
            WinogradTiles.TransformInput<T>(Grid, Map, Channels, 0, Channels, first + tile, factors, FactorStride);
        }

        // Tiles that fill up the last register tile; their products are not used.
        int rows = (tiles + TileRows - 1) / TileRows * TileRows;
        for (int factor = 0; factor < Products; factor++)
        {
            float* missing = scratch + (factor * FactorStride) + (tiles * (nint)(Channels + RowGap));
            new Span<float>(missing, (rows - tiles) * (Channels + RowGap)).Clear();
            Multiply<T>(rows, scratch + (factor * FactorStride), factor, products + (factor * ProductStride));
        }

        float* outputs = products + (Products * ProductStride);
        for (int tile = 0; tile < tiles; tile++)
        {
            TransformBack<T>(first + tile, products + (tile * (nint)Columns), outputs);
        }
    }

    // One factor of some tiles times its matrix.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Multiply<T>(int rows, float* factors, int factor, float* products)
        where T : unmanaged, ISimd<T>
    {
        float* tile = stackalloc float[TallKernel.TileFloats];
        nint rowStride = Channels + RowGap;
        float* right = Packed + (factor * (nint)MatrixProduct.PackedFloats(Channels, Columns));
        for (int column = 0; column < Columns; column += 2 * T.Width)
        {
            for (int row = 0; row < rows; row += TileRows)
            {
                float* to = products + ((nint)row * Columns) + column;
                TallSegment segment = new(factors + (row * rowStride), right);
                if (T.Width == 16)
                {
                    ConvolutionTile.TwoRegisters<T>(&segment, 1, rowStride, 2 * T.Width, Channels, to, Columns);
                    continue;
                }

                for (int half = 0; half < 2 * T.Width; half += T.Width)
                {
                    TallKernel.Run<T>(segment.Left, rowStride, 1, TileRows, right + half, 2 * T.Width, Channels, tile);
                    for (int i = 0; i < TileRows; i++)
                    {
                        T.Store(T.Load(tile + (i * T.Width)), to + (i * (nint)Columns) + half);
                    }
                }
            }

            right += (nint)Channels * 2 * T.Width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void TransformBack<T>(int tile, float* products, float* outputs)
        where T : unmanaged, ISimd<T>
    {
        (int sample, int down, int across) = WinogradTiles.Place(Grid, tile);
        if (IsPlain && down + Outputs <= Grid.Axis1.Grid && across + Outputs <= Grid.Axis2.Grid)
        {
            float* to = Output + ((((((nint)sample * Grid.Axis1.Grid) + down) * Grid.Axis2.Grid) + across) * Columns);
            BackTo<T>(products, to, Grid.Axis2.Grid * (nint)Columns);
            return;
        }

        BackTo<T>(products, outputs, Outputs * (nint)Columns);
        for (int y = down; y < Math.Min(down + Outputs, Grid.Axis1.Grid); y++)
        {
            for (int x = across; x < Math.Min(across + Outputs, Grid.Axis2.Grid); x++)
            {
                nint row = ((((nint)sample * Grid.Axis1.Grid) + y) * Grid.Axis2.Grid) + x;
                float* from = outputs + ((nint)(((y - down) * Outputs) + x - across) * Columns);
                Epilogue.Write<T>(from, Output + (row * Columns), row, Columns, Epilogue.Accumulate, last: true);
            }
        }
    }

    // All columns of a tile's outputs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void BackTo<T>(float* products, float* to, nint rowStride)
        where T : unmanaged, ISimd<T>
    {
        for (int column = 0; column < Columns; column += T.Width)
        {
            WinogradTransform.Output<T>(products + column, ProductStride, to + column, rowStride, Columns);
        }
    }
}
