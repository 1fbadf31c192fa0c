using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// XᵀX: every column of a table with every other. The product is symmetric, so stripes of rows are computed from the diagonal on, and
/// what lies below it is copied: at 512 columns 0.6 of the multiply-adds of a product.
/// </summary>
public static unsafe class SymmetricProduct
{
    // The packed form of so many stays in the last cache, and the sums are read and written again seldom enough.
    private const int RowsAtOnce = 1024;

    /// <summary>Whether stripes are worth their start.</summary>
    /// <param name="columns">Of a table.</param>
    /// <param name="rows">Of a table, the length that is summed over.</param>
    public static bool Suits(int columns, int rows) => columns >= 2 * SymmetricStripes.Height && rows >= columns;

    /// <summary>How many floats of scratch memory <see cref="Run"/> needs.</summary>
    public static long ScratchFloats(int columns, int rows, int threads) =>
        MatrixProduct.PackedFloats(Math.Min(rows, RowsAtOnce), columns)
        + ((long)threads * new SymmetricStripes(columns, RowsAtOnce).WorkerFloats);

    /// <summary>output = XᵀX for every table of a batch. The same bits for any number of threads.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="batch">How many tables.</param>
    /// <param name="columns">Columns of a table.</param>
    /// <param name="rows">Rows of a table.</param>
    /// <param name="table">[batch, rows, columns], without gaps.</param>
    /// <param name="output">[batch, columns, columns], without gaps; overlaps nothing.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats, at a 64-byte boundary for speed.</param>
    public static void Run(WorkerPool pool, int batch, int columns, int rows, float* table, float* output, float* scratch)
    {
        for (int b = 0; b < batch; b++)
        {
            float* square = output + ((nint)b * columns * columns);
            for (int row = 0; row < rows; row += RowsAtOnce)
            {
                int count = Math.Min(RowsAtOnce, rows - row);
                SymmetricStripes stripes = new(columns, count)
                {
                    Table = table + ((((nint)b * rows) + row) * columns),
                    Packed = scratch,
                    Square = square,
                    Accumulate = row > 0,
                    WorkerScratch = scratch + MatrixProduct.PackedFloats(count, columns),
                };
                MatrixProduct.PackRight(pool, new Matrix(stripes.Table, columns), count, columns, stripes.Packed);
                pool.Run(ref stripes, stripes.Parts);
            }

            SymmetricCopy copy = new() { Square = square, Columns = columns };
            pool.Run(ref copy, copy.Parts);
        }
    }
}

/// <summary>Copies what lies above the diagonal of a square to below it; a part is a stretch of rows below.</summary>
internal unsafe struct SymmetricCopy : IParallelJob
{
    private const int RowsOfPart = 16;

    public float* Square;
    public int Columns;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => (Columns + RowsOfPart - 1) / RowsOfPart;

    public readonly void Execute(int index, int worker)
    {
        int end = Math.Min(Columns, (index + 1) * RowsOfPart);
        for (int column = 0; column < end; column++)
        {
            for (int row = Math.Max(index * RowsOfPart, column + 1); row < end; row++)
            {
                Square[((nint)row * Columns) + column] = Square[((nint)column * Columns) + row];
            }
        }
    }
}
