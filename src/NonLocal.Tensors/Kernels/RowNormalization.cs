using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>Layer norm: every row of a table [rows, columns] by its own mean and variance. The result may lie over x.</summary>
internal static unsafe class RowNormalization
{
    private const int ElementsPerPart = 16384;

    /// <summary>How many rows a part of parallel work takes.</summary>
    public static long RowsPerPart(int columns) => Math.Max(1, ElementsPerPart / columns);

    /// <summary>Normalises; the operands are those of <see cref="ColumnNormalization.Run"/>.</summary>
    public static void Run(
        WorkerPool pool, NormalizationSize size, float* x, float* scale, float* shift, float* y, float* mean, float* variance)
    {
        if (SimdWidth.Is512)
        {
            Run<Simd512>(pool, size, x, scale, shift, y, mean, variance);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256>(pool, size, x, scale, shift, y, mean, variance);
        }
        else
        {
            Run<Simd128>(pool, size, x, scale, shift, y, mean, variance);
        }
    }

    private static void Run<T>(
        WorkerPool pool, NormalizationSize size, float* x, float* scale, float* shift, float* y, float* mean, float* variance)
        where T : unmanaged, ISimd<T>
    {
        Job<T> job = new() { Size = size, X = x, Scale = scale, Shift = shift, Y = y, Mean = mean, Variance = variance };
        long perPart = RowsPerPart(size.Columns);
        pool.Run(ref job, (int)((size.Batch + perPart - 1) / perPart));
    }

    private struct Job<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public NormalizationSize Size;
        public float* X;
        public float* Scale;
        public float* Shift;
        public float* Y;
        public float* Mean;
        public float* Variance;

        public readonly void Execute(int index, int worker)
        {
            long perPart = RowsPerPart(Size.Columns);
            long end = Math.Min((index + 1L) * perPart, Size.Batch);
            for (long row = index * perPart; row < end; row++)
            {
                float* x = X + (nint)(row * Size.Columns);
                double mean = RowReduction.Reduce<T, SumReduction>(x, Size.Columns) / Size.Columns;
                double rounding = mean - (float)mean;
                Mean[row] = (float)mean;
                Variance[row] = (float)((SquaredDeviations(x, (float)mean, Size.Columns) / Size.Columns) - (rounding * rounding));
                Transform(x, Y + (nint)(row * Size.Columns), (float)mean, (float)Size.Scale(Variance[row]));
            }
        }

        private static double SquaredDeviations(float* x, float mean, int count)
        {
            const int Block = 1024;
            T m = T.Broadcast(mean);
            double total = 0;
            for (int start = 0; start < count; start += Block)
            {
                int end = Math.Min(start + Block, count);
                T sum = T.Zero;
                int i = start;
                for (; i <= end - T.Width; i += T.Width)
                {
                    T gap = T.Load(x + i) - m;
                    sum = T.MultiplyAdd(gap, gap, sum);
                }

                total += SimdExtensions.Sum(sum);
                for (; i < end; i++)
                {
                    total += ((double)x[i] - mean) * ((double)x[i] - mean);
                }
            }

            return total;
        }

        private readonly void Transform(float* x, float* y, float mean, float factor)
        {
            T m = T.Broadcast(mean);
            T f = T.Broadcast(factor);
            int i = 0;
            for (; i <= Size.Columns - T.Width; i += T.Width)
            {
                T normal = (T.Load(x + i) - m) * f;
                normal = Scale == null ? normal : normal * T.Load(Scale + i);
                T.Store(Shift == null ? normal : normal + T.Load(Shift + i), y + i);
            }

            for (; i < Size.Columns; i++)
            {
                float normal = (x[i] - mean) * factor;
                normal = Scale == null ? normal : normal * Scale[i];
                y[i] = Shift == null ? normal : normal + Shift[i];
            }
        }
    }
}
