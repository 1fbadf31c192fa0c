using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Gradient of layer norm: gx = (γ·g − A − x̂·B)/σ with A and B the means over the row of γ·g and γ·g·x̂. The result may lie over g or x.
/// </summary>
internal static unsafe class RowNormalizationGradient
{
    private const int RowsInFloat = 32;

    /// <summary>Floats of scratch that <see cref="Run"/> needs.</summary>
    public static long ScratchFloats(NormalizationSize size) => 4 * ColumnTile.Count(size.Batch, size.Columns) * size.Columns;

    /// <summary>Computes the gradients; the operands are those of <see cref="ColumnNormalizationGradient.Run"/>.</summary>
    public static void Run(
        WorkerPool pool, NormalizationSize size, float* x, float* g, float* mean,
        float* variance, float* scale, float* gx, float* gScale, float* gShift,
        float* scratch)
    {
        NormalizationGradientOperands operands = new(x, g, mean, variance, scale, gx, gScale, gShift);
        if (SimdWidth.Is512)
        {
            Run<Simd512>(pool, size, operands, (double*)scratch);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256>(pool, size, operands, (double*)scratch);
        }
        else
        {
            Run<Simd128>(pool, size, operands, (double*)scratch);
        }
    }

    private static void Run<T>(WorkerPool pool, NormalizationSize size, NormalizationGradientOperands operands, double* partials)
        where T : unmanaged, ISimd<T>
    {
        // The columns first, because gx may lie over g or x.
        if (operands.GScale != null)
        {
            long tiles = ColumnTile.Count(size.Batch, size.Columns);
            ColumnJob<T> columns = new() { Size = size, Operands = operands, Partials = partials };
            pool.Run(ref columns, (int)tiles);
            for (int c = 0; c < size.Columns; c++)
            {
                double scale = 0;
                double shift = 0;
                for (long tile = 0; tile < tiles; tile++)
                {
                    shift += partials[(tile * 2 * size.Columns) + c];
                    scale += partials[(tile * 2 * size.Columns) + size.Columns + c];
                }

                operands.GScale[c] = (float)scale;
                operands.GShift[c] = (float)shift;
            }
        }

        RowJob<T> rows = new() { Size = size, Operands = operands };
        long perPart = RowNormalization.RowsPerPart(size.Columns);
        pool.Run(ref rows, (int)((size.Batch + perPart - 1) / perPart));
    }

    // Σ g and Σ g·x̂ of every column of a tile of rows.
    private struct ColumnJob<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public NormalizationSize Size;
        public NormalizationGradientOperands Operands;
        public double* Partials;

        public readonly void Execute(int index, int worker)
        {
            int columns = Size.Columns;
            double* partial = Partials + ((nint)index * 2 * columns);
            new Span<double>(partial, 2 * columns).Clear();
            long end = Math.Min((index + 1L) * ColumnTile.Rows(columns), Size.Batch);
            for (long row = index * ColumnTile.Rows(columns); row < end; row += RowsInFloat)
            {
                int count = (int)Math.Min(RowsInFloat, end - row);
                for (int c = 0; c < columns; c += T.Width)
                {
                    AddRows(row, count, c, partial);
                }
            }
        }

        private readonly void AddRows(long row, int rows, int column, double* partial)
        {
            int columns = Size.Columns;
            int count = Math.Min(T.Width, columns - column);
            T shift = T.Zero;
            T scale = T.Zero;
            for (long r = row; r < row + rows; r++)
            {
                nint at = (nint)(r * columns) + column;
                T x = count == T.Width ? T.Load(Operands.X + at) : SimdExtensions.LoadPartial<T>(Operands.X + at, count);
                T g = count == T.Width ? T.Load(Operands.G + at) : SimdExtensions.LoadPartial<T>(Operands.G + at, count);
                T normal = (x - T.Broadcast(Operands.Mean[r])) * T.Broadcast((float)Size.Scale(Operands.Variance[r]));
                shift += g;
                scale = T.MultiplyAdd(g, normal, scale);
            }

            float* lanes = stackalloc float[2 * 16];
            T.Store(shift, lanes);
            T.Store(scale, lanes + 16);
            for (int lane = 0; lane < count; lane++)
            {
                partial[column + lane] += lanes[lane];
                partial[columns + column + lane] += lanes[16 + lane];
            }
        }
    }

    private struct RowJob<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public NormalizationSize Size;
        public NormalizationGradientOperands Operands;

        public readonly void Execute(int index, int worker)
        {
            long perPart = RowNormalization.RowsPerPart(Size.Columns);
            long end = Math.Min((index + 1L) * perPart, Size.Batch);
            for (long row = index * perPart; row < end; row++)
            {
                nint offset = (nint)(row * Size.Columns);
                double factor = Size.Scale(Operands.Variance[row]);
                (double a, double b) = Sums(Operands.X + offset, Operands.G + offset, Operands.Mean[row]);
                float slope = (float)(-factor * factor * factor * b / Size.Columns);
                float constant = (float)(-factor * a / Size.Columns);
                Transform(offset, Operands.Mean[row], (float)factor, slope, constant);
            }
        }

        // Σ γ·g and Σ γ·g·(x − mean).
        private readonly (double A, double B) Sums(float* x, float* g, float mean)
        {
            const int Block = 1024;
            double a = 0;
            double b = 0;
            for (int start = 0; start < Size.Columns; start += Block)
            {
                int end = Math.Min(start + Block, Size.Columns);
                T sumA = T.Zero;
                T sumB = T.Zero;
                int i = start;
                for (; i <= end - T.Width; i += T.Width)
                {
                    T scaled = Operands.Scale == null ? T.Load(g + i) : T.Load(g + i) * T.Load(Operands.Scale + i);
                    sumA += scaled;
                    sumB = T.MultiplyAdd(scaled, T.Load(x + i) - T.Broadcast(mean), sumB);
                }

                a += SimdExtensions.Sum(sumA);
                b += SimdExtensions.Sum(sumB);
                for (; i < end; i++)
                {
                    float scaled = Operands.Scale == null ? g[i] : g[i] * Operands.Scale[i];
                    a += scaled;
                    b += scaled * ((double)x[i] - mean);
                }
            }

            return (a, b);
        }

        private readonly void Transform(nint offset, float mean, float factor, float slope, float constant)
        {
            float* x = Operands.X + offset;
            float* g = Operands.G + offset;
            float* gx = Operands.GX + offset;
            T m = T.Broadcast(mean);
            int i = 0;
            for (; i <= Size.Columns - T.Width; i += T.Width)
            {
                T scaled = Operands.Scale == null ? T.Load(g + i) : T.Load(g + i) * T.Load(Operands.Scale + i);
                T rest = T.MultiplyAdd(T.Load(x + i) - m, T.Broadcast(slope), T.Broadcast(constant));
                T.Store(T.MultiplyAdd(scaled, T.Broadcast(factor), rest), gx + i);
            }

            for (; i < Size.Columns; i++)
            {
                float scaled = Operands.Scale == null ? g[i] : g[i] * Operands.Scale[i];
                gx[i] = (scaled * factor) + (((x[i] - mean) * slope) + constant);
            }
        }
    }
}
