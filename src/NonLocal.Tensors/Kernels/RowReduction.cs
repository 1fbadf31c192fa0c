using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>Combines each row of a table [rows, length] to one number.</summary>
/// <remarks>
/// Long rows are cut into fixed segments whose results are combined in order in double. Inside a segment, lanes add up at most 1024
/// numbers before they are combined in double, so the error stays near 1e-7 of the sum of magnitudes.
/// </remarks>
internal static unsafe class RowReduction
{
    private const int SegmentLength = 16384;
    private const int ElementsPerPart = 32768;
    private const int BlockLength = 1024;

    /// <summary>Floats of scratch that <see cref="Run{TReduction}"/> needs.</summary>
    public static long ScratchFloats(long rows, int length) => Segments(length) == 1 ? 0 : 2 * rows * Segments(length);

    /// <summary>Combines every row of <paramref name="x"/> into one element of <paramref name="y"/>.</summary>
    public static void Run<TReduction>(WorkerPool pool, float* x, float* y, long rows, int length, float* scratch)
        where TReduction : unmanaged, IReduction
    {
        if (SimdWidth.Is512)
        {
            Run<Simd512, TReduction>(pool, x, y, rows, length, scratch);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256, TReduction>(pool, x, y, rows, length, scratch);
        }
        else
        {
            Run<Simd128, TReduction>(pool, x, y, rows, length, scratch);
        }
    }

    /// <summary>One stretch of memory, combined in a fixed order.</summary>
    public static double Reduce<T, TReduction>(float* x, int count)
        where T : unmanaged, ISimd<T>
        where TReduction : unmanaged, IReduction
    {
        double total = TReduction.Start;
        for (int start = 0; start < count; start += BlockLength)
        {
            total = TReduction.Combine(total, ReduceBlock<T, TReduction>(x + start, Math.Min(BlockLength, count - start)));
        }

        return total;
    }

    private static int Segments(int length) => (length + SegmentLength - 1) / SegmentLength;

    private static void Run<T, TReduction>(WorkerPool pool, float* x, float* y, long rows, int length, float* scratch)
        where T : unmanaged, ISimd<T>
        where TReduction : unmanaged, IReduction
    {
        int segments = Segments(length);
        long units = rows * segments;
        int unitsPerPart = Math.Max(1, ElementsPerPart / Math.Min(length, SegmentLength));
        double* partials = (double*)scratch;
        Job<T, TReduction> job =
            new() { X = x, Y = y, Partials = partials, Length = length, Segments = segments, Units = units, UnitsPerPart = unitsPerPart };
        pool.Run(ref job, (int)((units + unitsPerPart - 1) / unitsPerPart));
        for (long row = 0; segments > 1 && row < rows; row++)
        {
            double total = TReduction.Start;
            for (int segment = 0; segment < segments; segment++)
            {
                total = TReduction.Combine(total, partials[(row * segments) + segment]);
            }

            y[row] = (float)total;
        }
    }

    private static double ReduceBlock<T, TReduction>(float* x, int count)
        where T : unmanaged, ISimd<T>
        where TReduction : unmanaged, IReduction
    {
        T a0 = T.Broadcast(TReduction.Start);
        T a1 = a0;
        T a2 = a0;
        T a3 = a0;
        int i = 0;
        for (; i <= count - (4 * T.Width); i += 4 * T.Width)
        {
            a0 = TReduction.Combine(a0, T.Load(x + i));
            a1 = TReduction.Combine(a1, T.Load(x + i + T.Width));
            a2 = TReduction.Combine(a2, T.Load(x + i + (2 * T.Width)));
            a3 = TReduction.Combine(a3, T.Load(x + i + (3 * T.Width)));
        }

        for (; i <= count - T.Width; i += T.Width)
        {
            a0 = TReduction.Combine(a0, T.Load(x + i));
        }

        double total = TReduction.CombineLanes(TReduction.Combine(TReduction.Combine(a0, a1), TReduction.Combine(a2, a3)));
        for (; i < count; i++)
        {
            total = TReduction.Combine(total, x[i]);
        }

        return total;
    }

    private struct Job<T, TReduction> : IParallelJob
        where T : unmanaged, ISimd<T>
        where TReduction : unmanaged, IReduction
    {
        public float* X;
        public float* Y;
        public double* Partials;
        public int Length;
        public int Segments;
        public long Units;
        public int UnitsPerPart;

        public readonly void Execute(int index, int worker)
        {
            long end = Math.Min((index + 1L) * UnitsPerPart, Units);
            for (long unit = (long)index * UnitsPerPart; unit < end; unit++)
            {
                long row = unit / Segments;
                int start = (int)(unit % Segments) * SegmentLength;
                double total = Reduce<T, TReduction>(X + ((nint)row * Length) + start, Math.Min(SegmentLength, Length - start));
                if (Segments == 1)
                {
                    Y[row] = (float)total;
                }
                else
                {
                    Partials[unit] = total;
                }
            }
        }
    }
}
