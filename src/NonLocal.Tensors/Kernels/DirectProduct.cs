using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The product without packing, for outputs no wider than a register, few rows, or few elements: the left matrix is read where it lies,
/// the right one too unless its columns do not fill registers or do not lie side by side.
/// </summary>
internal unsafe struct DirectProduct : IParallelJob
{
    private const int MostRows = 512;
    private const long WorkPerPart = 1 << 18;
    private const int PanelColumns = 32;

    public ProductSizes Sizes;
    public Matrix Left;
    public Matrix Right;
    public float* PackedRight;
    public nint PackedBatchStride;
    public Matrix Output;
    public ProductEpilogue Epilogue;

    /// <summary><see cref="WorkerFloats"/> floats for each worker.</summary>
    public float* WorkerScratch;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => Sizes.Batch * RowParts * ColumnParts;

    private readonly int RowsPerPart =>
        (int)Math.Clamp(WorkPerPart / Math.Max(1, (long)Sizes.Columns * Sizes.Inner) / TallKernel.Rows, 1, MostRows / TallKernel.Rows)
        * TallKernel.Rows;

    // Few rows and many columns: the columns are shared out in panels.
    private readonly int ColumnsPerPart => Sizes.Rows <= RowsPerPart
        ? (int)Math.Clamp(WorkPerPart / PanelColumns / Math.Max(1, (long)Sizes.Rows * Sizes.Inner), 1, 64) * PanelColumns
        : int.MaxValue;

    private readonly int RowParts => (Sizes.Rows + RowsPerPart - 1) / RowsPerPart;

    private readonly int ColumnParts => (int)(((long)Sizes.Columns + ColumnsPerPart - 1) / ColumnsPerPart);

    /// <summary>Whether this route suits a product.</summary>
    public static bool Suits(ProductSizes sizes, int width) =>
        sizes.Rows <= TallKernel.Rows
        || (sizes.Columns <= width && sizes.Inner <= 4096)
        || (long)sizes.Rows * sizes.Columns * sizes.Inner <= 1 << 14;

    /// <summary>One packed register of columns.</summary>
    public static int WorkerFloats(ProductSizes sizes) => sizes.Inner * 16;

    public readonly void Execute(int index, int worker)
    {
        float* scratch = WorkerScratch + ((nint)worker * WorkerFloats(Sizes));
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int index, float* scratch)
        where T : unmanaged, ISimd<T>
    {
        int batch = index / (RowParts * ColumnParts);
        int firstRow = index % RowParts * RowsPerPart;
        int endRow = Math.Min(Sizes.Rows, firstRow + RowsPerPart);
        int firstColumn = index / RowParts % ColumnParts * ColumnsPerPart;
        int endColumn = (int)Math.Min(Sizes.Columns, (long)firstColumn + ColumnsPerPart);
        float* tile = stackalloc float[TallKernel.TileFloats];
        for (int column = firstColumn; column < endColumn; column += T.Width)
        {
            float* right = Columns<T>(batch, column, scratch, out nint step);
            ProductEpilogue epilogue = Epilogue.At(batch, column);
            int columns = Math.Min(T.Width, endColumn - column);
            for (int row = firstRow; row < endRow; row += TallKernel.Rows)
            {
                int rows = Math.Min(TallKernel.Rows, endRow - row);
                TallKernel.Run<T>(
                    Left.At(batch, row, 0), Left.RowStride, Left.ColumnStride, rows, right, step, Sizes.Inner, tile);
                for (int i = 0; i < rows; i++)
                {
                    float* to = Output.At(batch, row + i, column);
                    epilogue.Write<T>(tile + (i * T.Width), to, row + i, columns, epilogue.Accumulate, last: true);
                }
            }
        }
    }

    // One register of columns of the right matrix for every k.
    private readonly float* Columns<T>(int batch, int column, float* scratch, out nint step)
        where T : unmanaged, ISimd<T>
    {
        if (PackedRight != null)
        {
            step = 2 * T.Width;
            return PackedRight + (batch * PackedBatchStride) + (column / (int)step * Sizes.Inner * step) + (column % (int)step);
        }

        if (Right.ColumnStride == 1 && column + T.Width <= Sizes.Columns)
        {
            step = Right.RowStride;
            return Right.At(batch, 0, column);
        }

        step = T.Width;
        int columns = Math.Min(T.Width, Sizes.Columns - column);
        PanelPacking.Pack<T>(Right.At(batch, 0, column), Right.ColumnStride, Right.RowStride, columns, Sizes.Inner, T.Width, scratch, 0);
        return scratch;
    }
}
