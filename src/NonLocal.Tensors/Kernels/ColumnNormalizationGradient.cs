using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Gradient of batch, group and instance norm: gx = g·γ/σ − (x − mean)·B/σ² − A/σ with A and B the means over a group of
/// γ·g and γ·g·(x − mean)/σ; gγ and gβ are the sums over everything of g·(x − mean)/σ and g. The result may lie over g or x.
/// </summary>
internal static unsafe class ColumnNormalizationGradient
{
    private const int ColumnsPerPart = 64;

    /// <summary>Floats of scratch that <see cref="Run"/> needs.</summary>
    public static long ScratchFloats(NormalizationSize size)
    {
        int width = ColumnTile.Width(size.Columns);
        return (4 * size.Batch * size.Tiles * width) + (4 * size.Batch * size.Columns) + (4 * size.Batch * width);
    }

    /// <summary>Computes the gradients.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="size">The sizes.</param>
    /// <param name="x">The map that was normalised.</param>
    /// <param name="g">Gradient of the result.</param>
    /// <param name="mean">[batch, groups].</param>
    /// <param name="variance">[batch, groups].</param>
    /// <param name="scale">A factor for each column, or null.</param>
    /// <param name="gx">Gradient of x.</param>
    /// <param name="gScale">Gradient of the factors, or null.</param>
    /// <param name="gShift">Gradient of the summands, or null.</param>
    /// <param name="scratch">As many floats as <see cref="ScratchFloats"/> says.</param>
    public static void Run(
        WorkerPool pool, NormalizationSize size, float* x, float* g, float* mean,
        float* variance, float* scale, float* gx, float* gScale, float* gShift,
        float* scratch)
    {
        NormalizationGradientOperands operands = new(x, g, mean, variance, scale, gx, gScale, gShift);
        if (SimdWidth.Is512)
        {
            Run<Simd512>(pool, size, operands, scratch);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256>(pool, size, operands, scratch);
        }
        else
        {
            Run<Simd128>(pool, size, operands, scratch);
        }
    }

    private static void Run<T>(WorkerPool pool, NormalizationSize size, NormalizationGradientOperands operands, float* scratch)
        where T : unmanaged, ISimd<T>
    {
        int width = ColumnTile.Width(size.Columns);
        long tiles = size.Batch * size.Tiles;
        double* partials = (double*)scratch;
        double* sums = partials + (nint)(2 * tiles * width);
        float* constants = (float*)(sums + (nint)(2 * size.Batch * size.Columns));
        SetMeans(size, operands.Mean, constants, width);

        TileJob<T> sumTiles = new() { Size = size, Operands = operands, Constants = constants, Partials = partials };
        pool.Run(ref sumTiles, (int)((tiles + size.TilesPerPart - 1) / size.TilesPerPart));
        ColumnJob sumColumns = new() { Size = size, Partials = partials, Sums = sums };
        int columnParts = (size.Columns + ColumnsPerPart - 1) / ColumnsPerPart;
        pool.Run(ref sumColumns, (int)size.Batch * columnParts);
        SetConstants(size, operands, sums, constants, width);
        ColumnAffine.Run<T, GradientFunction>(pool, size, operands.X, operands.G, constants, operands.GX);
    }

    private static void SetMeans(NormalizationSize size, float* mean, float* constants, int width)
    {
        for (long sample = 0; sample < size.Batch; sample++)
        {
            for (int place = 0; place < width; place++)
            {
                constants[(sample * 4 * width) + place] = mean[(sample * size.Groups) + (place % size.Columns / size.GroupColumns)];
            }
        }
    }

    private static void SetConstants(
        NormalizationSize size, NormalizationGradientOperands operands, double* sums, float* constants, int width)
    {
        if (operands.GScale != null)
        {
            AddUpAffine(size, operands, sums);
        }

        for (long sample = 0; sample < size.Batch; sample++)
        {
            double* own = sums + (nint)(sample * 2 * size.Columns);
            float* row = constants + (nint)(sample * 4 * width);
            for (int group = 0; group < size.Groups; group++)
            {
                int first = group * size.GroupColumns;
                double factor = size.Scale(operands.Variance[(sample * size.Groups) + group]);
                double a = 0;
                double b = 0;
                for (int c = first; c < first + size.GroupColumns; c++)
                {
                    double scale = operands.Scale == null ? 1 : operands.Scale[c];
                    a += scale * own[c];
                    b += scale * own[size.Columns + c] * factor;
                }

                for (int c = first; c < first + size.GroupColumns; c++)
                {
                    for (int place = c; place < width; place += size.Columns)
                    {
                        row[width + place] = (float)(factor * (operands.Scale == null ? 1 : operands.Scale[c]));
                        row[(2 * width) + place] = (float)(-factor * factor * b / size.GroupCount);
                        row[(3 * width) + place] = (float)(-factor * a / size.GroupCount);
                    }
                }
            }
        }
    }

    private static void AddUpAffine(NormalizationSize size, NormalizationGradientOperands operands, double* sums)
    {
        for (int c = 0; c < size.Columns; c++)
        {
            double scale = 0;
            double shift = 0;
            for (long sample = 0; sample < size.Batch; sample++)
            {
                double* own = sums + (nint)(sample * 2 * size.Columns);
                shift += own[c];
                scale += own[size.Columns + c] * size.Scale(operands.Variance[(sample * size.Groups) + (c / size.GroupColumns)]);
            }

            operands.GScale[c] = (float)scale;
            operands.GShift[c] = (float)shift;
        }
    }

    /// <summary>g · c1 + (x − c0) · c2 + c3.</summary>
    private readonly struct GradientFunction : IColumnFunction
    {
        public static int Constants => 4;

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
        public static T Apply<T>(T first, T second, T c0, T c1, T c2, T c3)
            where T : unmanaged, ISimd<T> => T.MultiplyAdd(second, c1, T.MultiplyAdd(first - c0, c2, c3));
    }

    // Σ g and Σ g·(x − mean) of every column of a tile.
    private struct TileJob<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public NormalizationSize Size;
        public NormalizationGradientOperands Operands;
        public float* Constants;
        public double* Partials;

        public readonly void Execute(int index, int worker)
        {
            int columns = Size.Columns;
            int width = ColumnTile.Width(columns);
            long end = Math.Min((index + 1L) * Size.TilesPerPart, Size.Batch * Size.Tiles);
            for (long tile = index * Size.TilesPerPart; tile < end; tile++)
            {
                long sample = tile / Size.Tiles;
                long start = tile % Size.Tiles * ColumnTile.Rows(columns);
                long count = Math.Min(ColumnTile.Rows(columns), Size.Rows - start);
                nint offset = (nint)(((sample * Size.Rows) + start) * columns);
                float* means = Constants + (nint)(sample * 4 * width);
                double* partial = Partials + (nint)(2 * tile * width);
                ColumnTile.Combine<T, SumReduction, ElementTerm>(Operands.G + offset, null, null, count, columns, partial);
                ColumnTile.Combine<T, SumReduction, WeightedDeviationTerm>(
                    Operands.X + offset, Operands.G + offset, means, count, columns, partial + width);
            }
        }
    }

    private struct ColumnJob : IParallelJob
    {
        public NormalizationSize Size;
        public double* Partials;
        public double* Sums;

        public readonly void Execute(int index, int worker)
        {
            int columns = Size.Columns;
            int width = ColumnTile.Width(columns);
            int parts = (columns + ColumnsPerPart - 1) / ColumnsPerPart;
            long sample = index / parts;
            int first = index % parts * ColumnsPerPart;
            double* own = Sums + (nint)(sample * 2 * columns);
            int end = Math.Min(first + ColumnsPerPart, columns);
            for (int c = first; c < end; c++)
            {
                own[c] = 0;
                own[columns + c] = 0;
            }

            for (long tile = sample * Size.Tiles; tile < (sample + 1) * Size.Tiles; tile++)
            {
                double* partial = Partials + (nint)(2 * tile * width);
                for (int c = first; c < end; c++)
                {
                    own[c] += ColumnTile.Fold<SumReduction>(partial, c, columns);
                    own[columns + c] += ColumnTile.Fold<SumReduction>(partial + width, c, columns);
                }
            }
        }
    }
}

/// <summary>Addresses of the gradient of a normalisation.</summary>
internal readonly unsafe struct NormalizationGradientOperands(
    float* x, float* g, float* mean, float* variance, float* scale, float* gx, float* gScale, float* gShift)
{
    public float* X { get; } = x;

    public float* G { get; } = g;

    public float* Mean { get; } = mean;

    public float* Variance { get; } = variance;

    public float* Scale { get; } = scale;

    public float* GX { get; } = gx;

    public float* GScale { get; } = gScale;

    public float* GShift { get; } = gShift;
}
