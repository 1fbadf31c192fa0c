using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>Softmax and log-softmax of every row of a table [rows, length], and their gradients. Results may lie over operands.</summary>
/// <remarks>A row of nothing but −∞ gives zeros (log-softmax: −∞); a NaN or +∞ gives NaN in its row.</remarks>
internal static unsafe class SoftmaxRows
{
    private const int ElementsPerPart = 8192;
    private const int Block = 1024;

    /// <summary>The forward pass.</summary>
    public static void Run(WorkerPool pool, float* x, float* y, long rows, int length, bool logarithm)
    {
        if (SimdWidth.Is512)
        {
            Run<Simd512>(pool, x, y, rows, length, logarithm);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256>(pool, x, y, rows, length, logarithm);
        }
        else
        {
            Run<Simd128>(pool, x, y, rows, length, logarithm);
        }
    }

    /// <summary>The gradient: y·(g − Σ g·y), and for the logarithm g − eʸ·Σ g.</summary>
    public static void RunGradient(WorkerPool pool, float* y, float* g, float* gx, long rows, int length, bool logarithm)
    {
        if (SimdWidth.Is512)
        {
            RunGradient<Simd512>(pool, y, g, gx, rows, length, logarithm);
        }
        else if (SimdWidth.Is256)
        {
            RunGradient<Simd256>(pool, y, g, gx, rows, length, logarithm);
        }
        else
        {
            RunGradient<Simd128>(pool, y, g, gx, rows, length, logarithm);
        }
    }

    /// <summary>The largest of a row. Of a row with a NaN any of its numbers: the sum of exponentials shows the NaN.</summary>
    public static float Largest<T>(float* x, int length)
        where T : unmanaged, ISimd<T>
    {
        T a = T.Broadcast(float.NegativeInfinity);
        T b = a;
        int i = 0;
        for (; i <= length - (2 * T.Width); i += 2 * T.Width)
        {
            a = T.MaxNative(a, T.Load(x + i));
            b = T.MaxNative(b, T.Load(x + i + T.Width));
        }

        if (i <= length - T.Width)
        {
            a = T.MaxNative(a, T.Load(x + i));
            i += T.Width;
        }

        float largest = SimdExtensions.Max(T.MaxNative(a, b));
        for (; i < length; i++)
        {
            largest = x[i] > largest ? x[i] : largest;
        }

        return largest;
    }

    /// <summary>Σ e^(x − largest), and its terms into <paramref name="terms"/> when that is not null.</summary>
    public static double SumExponentials<T>(float* x, int length, float largest, float* terms)
        where T : unmanaged, ISimd<T>
    {
        T shift = T.Broadcast(largest);
        double total = 0;
        for (int start = 0; start < length; start += Block)
        {
            int end = Math.Min(start + Block, length);
            T sum = T.Zero;
            int i = start;
            for (; i <= end - T.Width; i += T.Width)
            {
                T term = VectorMath.Exp(T.Load(x + i) - shift);
                sum += term;
                if (terms != null)
                {
                    T.Store(term, terms + i);
                }
            }

            total += SimdExtensions.Sum(sum);
            if (i < end)
            {
                total += SumTail<T>(x + i, end - i, shift, terms == null ? null : terms + i);
            }
        }

        return total;
    }

    private static double SumTail<T>(float* x, int count, T shift, float* terms)
        where T : unmanaged, ISimd<T>
    {
        float* lanes = stackalloc float[16];
        T.Store(VectorMath.Exp(SimdExtensions.LoadPartial<T>(x, count) - shift), lanes);
        double total = 0;
        for (int i = 0; i < count; i++)
        {
            total += lanes[i];
            if (terms != null)
            {
                terms[i] = lanes[i];
            }
        }

        return total;
    }

    private static void Run<T>(WorkerPool pool, float* x, float* y, long rows, int length, bool logarithm)
        where T : unmanaged, ISimd<T>
    {
        int perPart = Math.Max(1, ElementsPerPart / length);
        Job<T> job = new() { X = x, Y = y, Rows = rows, Length = length, Logarithm = logarithm, PerPart = perPart };
        pool.Run(ref job, (int)((rows + perPart - 1) / perPart));
    }

    private static void RunGradient<T>(WorkerPool pool, float* y, float* g, float* gx, long rows, int length, bool logarithm)
        where T : unmanaged, ISimd<T>
    {
        int perPart = Math.Max(1, ElementsPerPart / length);
        GradientJob<T> job = new() { Y = y, G = g, GX = gx, Rows = rows, Length = length, Logarithm = logarithm, PerPart = perPart };
        pool.Run(ref job, (int)((rows + perPart - 1) / perPart));
    }

    private struct Job<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public float* X;
        public float* Y;
        public long Rows;
        public int Length;
        public bool Logarithm;
        public int PerPart;

        public readonly void Execute(int index, int worker)
        {
            long end = Math.Min((index + 1L) * PerPart, Rows);
            for (long row = (long)index * PerPart; row < end; row++)
            {
                float* x = X + (nint)(row * Length);
                float* y = Y + (nint)(row * Length);
                float largest = Largest<T>(x, Length);
                if (float.IsNegativeInfinity(largest))
                {
                    new Span<float>(y, Length).Fill(HoldsNaN(x) ? float.NaN : Logarithm ? float.NegativeInfinity : 0);
                }
                else if (Logarithm)
                {
                    Shift(x, y, largest, (float)Math.Log(SumExponentials<T>(x, Length, largest, null)));
                }
                else
                {
                    Scale(y, (float)(1 / SumExponentials<T>(x, Length, largest, y)));
                }
            }
        }

        private readonly bool HoldsNaN(float* x)
        {
            for (int i = 0; i < Length; i++)
            {
                if (float.IsNaN(x[i]))
                {
                    return true;
                }
            }

            return false;
        }

        private readonly void Scale(float* y, float factor)
        {
            int i = 0;
            for (; i <= Length - T.Width; i += T.Width)
            {
                T.Store(T.Load(y + i) * T.Broadcast(factor), y + i);
            }

            for (; i < Length; i++)
            {
                y[i] *= factor;
            }
        }

        private readonly void Shift(float* x, float* y, float largest, float logarithm)
        {
            int i = 0;
            for (; i <= Length - T.Width; i += T.Width)
            {
                T.Store(T.Load(x + i) - T.Broadcast(largest) - T.Broadcast(logarithm), y + i);
            }

            for (; i < Length; i++)
            {
                y[i] = x[i] - largest - logarithm;
            }
        }
    }

    private struct GradientJob<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public float* Y;
        public float* G;
        public float* GX;
        public long Rows;
        public int Length;
        public bool Logarithm;
        public int PerPart;

        public readonly void Execute(int index, int worker)
        {
            long end = Math.Min((index + 1L) * PerPart, Rows);
            for (long row = (long)index * PerPart; row < end; row++)
            {
                nint start = (nint)(row * Length);
                float sum = (float)(Logarithm ? RowReduction.Reduce<T, SumReduction>(G + start, Length) : Dot(G + start, Y + start));
                T total = T.Broadcast(sum);
                for (int i = 0; i < Length; i += T.Width)
                {
                    Write(start + i, Math.Min(T.Width, Length - i), total);
                }
            }
        }

        private readonly void Write(nint at, int count, T total)
        {
            if (count == T.Width)
            {
                T.Store(Gradient(T.Load(Y + at), T.Load(G + at), total), GX + at);
            }
            else
            {
                T value = Gradient(SimdExtensions.LoadPartial<T>(Y + at, count), SimdExtensions.LoadPartial<T>(G + at, count), total);
                SimdExtensions.StorePartial(value, GX + at, count);
            }
        }

        private readonly T Gradient(T y, T g, T total) => Logarithm ? g - (VectorMath.Exp(y) * total) : y * (g - total);

        private readonly double Dot(float* a, float* b)
        {
            double total = 0;
            for (int start = 0; start < Length; start += Block)
            {
                int end = Math.Min(start + Block, Length);
                T sum = T.Zero;
                int i = start;
                for (; i <= end - T.Width; i += T.Width)
                {
                    sum = T.MultiplyAdd(T.Load(a + i), T.Load(b + i), sum);
                }

                total += SimdExtensions.Sum(sum);
                for (; i < end; i++)
                {
                    total += (double)a[i] * b[i];
                }
            }

            return total;
        }
    }
}
