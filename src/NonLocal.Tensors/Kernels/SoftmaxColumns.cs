using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Softmax and log-softmax over the middle axis of [batch, length, columns], and their gradients. As <see cref="SoftmaxRows"/>.
/// </summary>
internal static unsafe class SoftmaxColumns
{
    private const int ElementsPerPart = 8192;
    private const int RowsInOneSum = 32;

    /// <summary>The forward pass.</summary>
    public static void Run(WorkerPool pool, float* x, float* y, long batch, int length, int columns, bool logarithm) =>
        Dispatch(pool, x, null, y, batch, length, columns, logarithm);

    /// <summary>The gradient, from the result and its gradient.</summary>
    public static void RunGradient(WorkerPool pool, float* y, float* g, float* gx, long batch, int length, int columns, bool logarithm) =>
        Dispatch(pool, y, g, gx, batch, length, columns, logarithm);

    private static void Dispatch(WorkerPool pool, float* x, float* g, float* y, long batch, int length, int columns, bool logarithm)
    {
        if (SimdWidth.Is512)
        {
            Run<Simd512>(pool, x, g, y, batch, length, columns, logarithm);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256>(pool, x, g, y, batch, length, columns, logarithm);
        }
        else
        {
            Run<Simd128>(pool, x, g, y, batch, length, columns, logarithm);
        }
    }

    private static void Run<T>(WorkerPool pool, float* x, float* g, float* y, long batch, int length, int columns, bool logarithm)
        where T : unmanaged, ISimd<T>
    {
        // A unit is 16 columns of one table at every register width.
        int units = (columns + 15) / 16;
        int perPart = Math.Max(1, ElementsPerPart / (length * Math.Min(columns, 16)));
        Job<T> job = new()
        {
            X = x,
            G = g,
            Y = y,
            Length = length,
            Columns = columns,
            Logarithm = logarithm,
            UnitsPerTable = units,
            Units = batch * units,
            PerPart = perPart,
        };
        pool.Run(ref job, (int)((job.Units + perPart - 1) / perPart));
    }

    private struct Job<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public float* X;
        public float* G;
        public float* Y;
        public int Length;
        public int Columns;
        public bool Logarithm;
        public int UnitsPerTable;
        public long Units;
        public int PerPart;

        public readonly void Execute(int index, int worker)
        {
            long end = Math.Min((index + 1L) * PerPart, Units);
            for (long unit = (long)index * PerPart; unit < end; unit++)
            {
                nint table = (nint)(unit / UnitsPerTable * Length * Columns);
                int first = (int)(unit % UnitsPerTable) * 16;
                for (int c = first; c < Math.Min(first + 16, Columns); c += T.Width)
                {
                    int count = Math.Min(T.Width, Columns - c);
                    if (G == null)
                    {
                        Forward(table + c, count);
                    }
                    else
                    {
                        Backward(table + c, count);
                    }
                }
            }
        }

        private readonly void Forward(nint start, int count)
        {
            T largest = T.Broadcast(float.NegativeInfinity);
            for (int i = 0; i < Length; i++)
            {
                largest = T.MaxNative(largest, Load(X, start, i, count));
            }

            // Where all is −∞, e^(x − 0) = 0 and 0 / 1 = 0. A NaN may be missing from the largest, but not from the sum.
            T empty = T.Broadcast(float.NegativeInfinity);
            T shift = T.SelectEqual(largest, empty, T.Zero, largest);
            T sum = T.Zero;
            for (int block = 0; block < Length; block += RowsInOneSum)
            {
                T part = T.Zero;
                for (int i = block; i < Math.Min(block + RowsInOneSum, Length); i++)
                {
                    T term = VectorMath.Exp(Load(X, start, i, count) - shift);
                    part += term;
                    if (!Logarithm)
                    {
                        Store(term, start, i, count);
                    }
                }

                sum += part;
            }

            sum = T.SelectEqual(sum, T.Zero, T.Broadcast(1), sum);
            T change = Logarithm ? VectorFunctions.Log(sum) : T.Broadcast(1) / sum;
            for (int i = 0; i < Length; i++)
            {
                Store(Logarithm ? Load(X, start, i, count) - shift - change : Load(Y, start, i, count) * change, start, i, count);
            }
        }

        private readonly void Backward(nint start, int count)
        {
            T sum = T.Zero;
            for (int block = 0; block < Length; block += RowsInOneSum)
            {
                T part = T.Zero;
                for (int i = block; i < Math.Min(block + RowsInOneSum, Length); i++)
                {
                    T g = Load(G, start, i, count);
                    part += Logarithm ? g : g * Load(X, start, i, count);
                }

                sum += part;
            }

            for (int i = 0; i < Length; i++)
            {
                T y = Load(X, start, i, count);
                T g = Load(G, start, i, count);
                Store(Logarithm ? g - (VectorMath.Exp(y) * sum) : y * (g - sum), start, i, count);
            }
        }

        private readonly T Load(float* from, nint start, int row, int count)
        {
            float* at = from + start + ((nint)row * Columns);
            return count == T.Width ? T.Load(at) : SimdExtensions.LoadPartial<T>(at, count);
        }

        private readonly void Store(T value, nint start, int row, int count)
        {
            float* at = Y + start + ((nint)row * Columns);
            if (count == T.Width)
            {
                T.Store(value, at);
            }
            else
            {
                SimdExtensions.StorePartial(value, at, count);
            }
        }
    }
}
