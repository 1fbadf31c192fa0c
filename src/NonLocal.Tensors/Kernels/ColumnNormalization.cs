using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>Batch, group and instance norm: mean and variance of every group of columns, then y = (x − mean) · scale + shift.</summary>
/// <remarks>
/// Every tile gives its mean and its sum of squared deviations from that mean, in double; tiles are combined in order. Never
/// E[x²] − E[x]². The result may lie over x.
/// </remarks>
internal static unsafe class ColumnNormalization
{
    private const int ColumnsPerPart = 64;

    /// <summary>Floats of scratch that <see cref="Run"/> needs.</summary>
    public static long ScratchFloats(NormalizationSize size)
    {
        int width = ColumnTile.Width(size.Columns);
        return (size.Batch * size.Tiles * TileFloats(width)) + (size.Batch * 3 * width);
    }

    /// <summary>Normalises.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="size">The sizes.</param>
    /// <param name="x">The map.</param>
    /// <param name="scale">A factor for each column, or null.</param>
    /// <param name="shift">A summand for each column, or null.</param>
    /// <param name="y">The result.</param>
    /// <param name="mean">[batch, groups].</param>
    /// <param name="variance">[batch, groups], divided by the count.</param>
    /// <param name="scratch">As many floats as <see cref="ScratchFloats"/> says.</param>
    public static void Run(
        WorkerPool pool, NormalizationSize size, float* x, float* scale, float* shift,
        float* y, float* mean, float* variance, float* scratch)
    {
        if (SimdWidth.Is512)
        {
            Run<Simd512>(pool, size, x, scale, shift, y, mean, variance, scratch);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256>(pool, size, x, scale, shift, y, mean, variance, scratch);
        }
        else
        {
            Run<Simd128>(pool, size, x, scale, shift, y, mean, variance, scratch);
        }
    }

    // Two doubles and one float for each column of a tile, a multiple of two floats.
    private static long TileFloats(int width) => (5L * width) + (width & 1);

    private static void Run<T>(
        WorkerPool pool, NormalizationSize size, float* x, float* scale, float* shift,
        float* y, float* mean, float* variance, float* scratch)
        where T : unmanaged, ISimd<T>
    {
        long tiles = size.Batch * size.Tiles;
        MomentsJob<T> moments = new() { Size = size, X = x, Tiles = scratch };
        pool.Run(ref moments, (int)((tiles + size.TilesPerPart - 1) / size.TilesPerPart));

        float* constants = scratch + (nint)(tiles * TileFloats(ColumnTile.Width(size.Columns)));
        CombineJob combine = new()
        {
            Size = size,
            Tiles = scratch,
            Scale = scale,
            Shift = shift,
            Mean = mean,
            Variance = variance,
            Constants = constants,
            Groups = GroupsPerPart(size),
        };
        pool.Run(ref combine, (int)size.Batch * ((size.Groups + combine.Groups - 1) / combine.Groups));

        ColumnAffine.Run<T, NormalizeFunction>(pool, size, x, x, constants, y);
    }

    private static int GroupsPerPart(NormalizationSize size) => Math.Max(1, ColumnsPerPart / size.GroupColumns);

    /// <summary>(x − c0) · c1 + c2.</summary>
    private readonly struct NormalizeFunction : IColumnFunction
    {
        public static int Constants => 3;

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
        public static T Apply<T>(T first, T second, T c0, T c1, T c2, T c3)
            where T : unmanaged, ISimd<T> => T.MultiplyAdd(first - c0, c1, c2);
    }

    // Mean and sum of squared deviations of every column of a tile.
    private struct MomentsJob<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public NormalizationSize Size;
        public float* X;
        public float* Tiles;

        public readonly void Execute(int index, int worker)
        {
            long end = Math.Min((index + 1L) * Size.TilesPerPart, Size.Batch * Size.Tiles);
            for (long tile = index * Size.TilesPerPart; tile < end; tile++)
            {
                Measure(tile);
            }
        }

        private readonly void Measure(long tile)
        {
            int columns = Size.Columns;
            int width = ColumnTile.Width(columns);
            long start = tile % Size.Tiles * ColumnTile.Rows(columns);
            long count = Math.Min(ColumnTile.Rows(columns), Size.Rows - start);
            float* x = X + (nint)(((tile / Size.Tiles * Size.Rows) + start) * columns);
            double* means = (double*)(Tiles + (nint)(tile * TileFloats(width)));
            double* squares = means + width;
            float* rounded = (float*)(squares + width);
            ColumnTile.Combine<T, SumReduction, ElementTerm>(x, null, null, count, columns, means);
            for (int c = 0; c < columns; c++)
            {
                means[c] = ColumnTile.Fold<SumReduction>(means, c, columns) / count;
                for (int place = c; place < width; place += columns)
                {
                    rounded[place] = (float)means[c];
                }
            }

            ColumnTile.Combine<T, SumReduction, SquaredDeviationTerm>(x, null, rounded, count, columns, squares);
            for (int c = 0; c < columns; c++)
            {
                // The deviations were taken from the rounded mean.
                double rounding = means[c] - rounded[c];
                squares[c] = ColumnTile.Fold<SumReduction>(squares, c, columns) - (count * rounding * rounding);
            }
        }
    }

    // Mean and variance of some groups of one sample, and the constants that its rows are transformed with.
    private struct CombineJob : IParallelJob
    {
        public NormalizationSize Size;
        public float* Tiles;
        public float* Scale;
        public float* Shift;
        public float* Mean;
        public float* Variance;
        public float* Constants;
        public int Groups;

        public readonly void Execute(int index, int worker)
        {
            int partsPerSample = (Size.Groups + Groups - 1) / Groups;
            long sample = index / partsPerSample;
            int first = index % partsPerSample * Groups;
            for (int group = first; group < Math.Min(first + Groups, Size.Groups); group++)
            {
                Combine(sample, group);
            }
        }

        private readonly void Combine(long sample, int group)
        {
            double total = 0;
            for (long tile = 0; tile < Size.Tiles; tile++)
            {
                double* means = TileMeans(sample, tile, group);
                for (int k = 0; k < Size.GroupColumns; k++)
                {
                    total += means[k] * TileRows(tile);
                }
            }

            double mean = total / Size.GroupCount;
            double squares = 0;
            for (long tile = 0; tile < Size.Tiles; tile++)
            {
                double* means = TileMeans(sample, tile, group);
                for (int k = 0; k < Size.GroupColumns; k++)
                {
                    double gap = means[k] - mean;
                    squares += means[ColumnTile.Width(Size.Columns) + k] + (gap * gap * TileRows(tile));
                }
            }

            nint at = (nint)(sample * Size.Groups) + group;
            Mean[at] = (float)mean;
            Variance[at] = (float)(squares / Size.GroupCount);
            SetConstants(sample, group, Mean[at], Size.Scale(Variance[at]));
        }

        private readonly double* TileMeans(long sample, long tile, int group)
        {
            long floats = TileFloats(ColumnTile.Width(Size.Columns));
            return (double*)(Tiles + (nint)(((sample * Size.Tiles) + tile) * floats)) + ((nint)group * Size.GroupColumns);
        }

        private readonly double TileRows(long tile)
        {
            long rows = ColumnTile.Rows(Size.Columns);
            return Math.Min(rows, Size.Rows - (tile * rows));
        }

        private readonly void SetConstants(long sample, int group, float mean, double factor)
        {
            int width = ColumnTile.Width(Size.Columns);
            float* constants = Constants + (nint)(sample * 3 * width);
            int first = group * Size.GroupColumns;
            for (int c = first; c < first + Size.GroupColumns; c++)
            {
                for (int place = c; place < width; place += Size.Columns)
                {
                    constants[place] = mean;
                    constants[width + place] = (float)(factor * (Scale == null ? 1 : Scale[c]));
                    constants[(2 * width) + place] = Shift == null ? 0 : Shift[c];
                }
            }
        }
    }
}
