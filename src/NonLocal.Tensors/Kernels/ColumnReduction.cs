using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>Combines the rows of tables [batch, rows, columns] to one row each.</summary>
/// <remarks>Rows are cut into tiles that depend on the shape alone; the tiles are combined in order, in double.</remarks>
internal static unsafe class ColumnReduction
{
    // Partial results are added up by one thread: more than this many would cost more than they give threads to do.
    private const int MostTiles = 32;

    /// <summary>Floats of scratch that <see cref="Run{TReduction}"/> needs.</summary>
    public static long ScratchFloats(long batch, long rows, int columns) =>
        2 * batch * Tiles(rows, columns) * ColumnTile.Width(columns);

    /// <summary>Combines the rows of every table in <paramref name="x"/> into one row of <paramref name="y"/>.</summary>
    public static void Run<TReduction>(WorkerPool pool, float* x, float* y, long batch, long rows, int columns, float* scratch)
        where TReduction : unmanaged, IReduction
    {
        if (SimdWidth.Is512)
        {
            Run<Simd512, TReduction>(pool, x, y, batch, rows, columns, scratch);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256, TReduction>(pool, x, y, batch, rows, columns, scratch);
        }
        else
        {
            Run<Simd128, TReduction>(pool, x, y, batch, rows, columns, scratch);
        }
    }

    private static void Run<T, TReduction>(WorkerPool pool, float* x, float* y, long batch, long rows, int columns, float* scratch)
        where T : unmanaged, ISimd<T>
        where TReduction : unmanaged, IReduction
    {
        long tiles = Tiles(rows, columns);
        long rowsPerTile = RowsPerTile(rows, columns);
        double* partials = (double*)scratch;
        long tilesPerPart = Math.Max(1, ColumnTile.TileElements / (Math.Min(rows, rowsPerTile) * columns));
        Job<T, TReduction> job = new()
        {
            X = x,
            Partials = partials,
            Rows = rows,
            RowsPerTile = rowsPerTile,
            Columns = columns,
            Tiles = tiles,
            AllTiles = batch * tiles,
            TilesPerPart = tilesPerPart,
        };
        pool.Run(ref job, (int)((job.AllTiles + tilesPerPart - 1) / tilesPerPart));
        int width = ColumnTile.Width(columns);
        for (long b = 0; b < batch; b++)
        {
            double* totals = partials + (nint)(b * tiles * width);
            ColumnTile.Gather<TReduction>(totals, tiles, width);
            for (int c = 0; c < columns; c++)
            {
                y[(b * columns) + c] = (float)ColumnTile.Fold<TReduction>(totals, c, columns);
            }
        }
    }

    private static long RowsPerTile(long rows, int columns)
    {
        const int Step = ColumnTile.RowsInFloat;
        return Math.Max(ColumnTile.Rows(columns), (((rows + MostTiles - 1) / MostTiles) + Step - 1) / Step * Step);
    }

    private static long Tiles(long rows, int columns) => (rows + RowsPerTile(rows, columns) - 1) / RowsPerTile(rows, columns);

    private struct Job<T, TReduction> : IParallelJob
        where T : unmanaged, ISimd<T>
        where TReduction : unmanaged, IReduction
    {
        public float* X;
        public double* Partials;
        public long Rows;
        public long RowsPerTile;
        public int Columns;
        public long Tiles;
        public long AllTiles;
        public long TilesPerPart;

        public readonly void Execute(int index, int worker)
        {
            long end = Math.Min((index + 1L) * TilesPerPart, AllTiles);
            for (long tile = index * TilesPerPart; tile < end; tile++)
            {
                long start = tile % Tiles * RowsPerTile;
                long count = Math.Min(RowsPerTile, Rows - start);
                float* x = X + (nint)(((tile / Tiles * Rows) + start) * Columns);
                double* partial = Partials + (nint)(tile * ColumnTile.Width(Columns));
                ColumnTile.Combine<T, TReduction, ElementTerm>(x, null, null, count, Columns, partial);
            }
        }
    }
}
