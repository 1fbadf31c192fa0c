using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>The numbers of a cross-entropy.</summary>
/// <param name="Rows">How many rows of logits.</param>
/// <param name="Classes">Logits of a row.</param>
/// <param name="Smoothing">Part of the target that is spread evenly over all classes.</param>
/// <param name="Ignored">The target of rows that do not count.</param>
internal readonly record struct CrossEntropySize(int Rows, int Classes, double Smoothing, int Ignored);

/// <summary>Cross-entropy of rows of logits with class numbers, and its gradient.</summary>
/// <remarks>A target that is neither a class nor the ignored number gives NaN.</remarks>
internal static unsafe class CrossEntropyRows
{
    private const int ElementsPerPart = 8192;

    /// <summary>Floats of scratch that <see cref="Run"/> needs: a loss and a weight of each row, in double.</summary>
    public static long ScratchFloats(int rows) => 4L * rows;

    /// <summary>Loss and weight of every row: <paramref name="losses"/> [rows], then weights [rows]. Ignored rows get zeros.</summary>
    public static void Run(WorkerPool pool, CrossEntropySize size, float* x, float* targets, float* weights, double* losses)
    {
        if (SimdWidth.Is512)
        {
            Run<Simd512>(pool, size, x, targets, weights, losses);
        }
        else if (SimdWidth.Is256)
        {
            Run<Simd256>(pool, size, x, targets, weights, losses);
        }
        else
        {
            Run<Simd128>(pool, size, x, targets, weights, losses);
        }
    }

    /// <summary>
    /// The gradient of the logits: each row's times <paramref name="factor"/>, or times its own of <paramref name="factors"/>.
    /// </summary>
    public static void RunGradient(
        WorkerPool pool, CrossEntropySize size, float* x, float* targets, float* weights, double factor, float* factors, float* gx)
    {
        if (SimdWidth.Is512)
        {
            RunGradient<Simd512>(pool, size, x, targets, weights, factor, factors, gx);
        }
        else if (SimdWidth.Is256)
        {
            RunGradient<Simd256>(pool, size, x, targets, weights, factor, factors, gx);
        }
        else
        {
            RunGradient<Simd128>(pool, size, x, targets, weights, factor, factors, gx);
        }
    }

    /// <summary>The weight of a row: 0 when it is ignored, NaN when its target is no class.</summary>
    public static double RowWeight(CrossEntropySize size, float target, float* weights)
    {
        if (target == size.Ignored)
        {
            return 0;
        }

        int row = RowGather.RowOf(target, size.Classes);
        return row < 0 ? double.NaN : weights == null ? 1 : weights[row];
    }

    private static void Run<T>(WorkerPool pool, CrossEntropySize size, float* x, float* targets, float* weights, double* losses)
        where T : unmanaged, ISimd<T>
    {
        int perPart = Math.Max(1, ElementsPerPart / size.Classes);
        Job<T> job = new() { Size = size, X = x, Targets = targets, Weights = weights, Losses = losses, PerPart = perPart };
        pool.Run(ref job, (size.Rows + perPart - 1) / perPart);
    }

    private static void RunGradient<T>(
        WorkerPool pool, CrossEntropySize size, float* x, float* targets, float* weights, double factor, float* factors, float* gx)
        where T : unmanaged, ISimd<T>
    {
        int perPart = Math.Max(1, ElementsPerPart / size.Classes);
        GradientJob<T> job = new()
        {
            Size = size,
            X = x,
            Targets = targets,
            Weights = weights,
            Factor = factor,
            Factors = factors,
            GX = gx,
            PerPart = perPart,
        };
        pool.Run(ref job, (size.Rows + perPart - 1) / perPart);
    }

    private struct Job<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public CrossEntropySize Size;
        public float* X;
        public float* Targets;
        public float* Weights;
        public double* Losses;
        public int PerPart;

        public readonly void Execute(int index, int worker)
        {
            for (int row = index * PerPart; row < Math.Min((index + 1) * PerPart, Size.Rows); row++)
            {
                double weight = RowWeight(Size, Targets[row], Weights);
                bool ignored = Targets[row] == Size.Ignored;
                Losses[row] =
                    ignored ? 0 : double.IsNaN(weight) ? double.NaN : Loss(X + ((nint)row * Size.Classes), (int)Targets[row], weight);
                Losses[Size.Rows + row] = weight;
            }
        }

        private readonly double Loss(float* x, int target, double weight)
        {
            float largest = SoftmaxRows.Largest<T>(x, Size.Classes);
            double logSum = largest + Math.Log(SoftmaxRows.SumExponentials<T>(x, Size.Classes, largest, null));
            double loss = (1 - Size.Smoothing) * weight * (logSum - x[target]);
            if (Size.Smoothing == 0)
            {
                return loss;
            }

            double spread = 0;
            for (int c = 0; c < Size.Classes; c++)
            {
                spread += (Weights == null ? 1 : Weights[c]) * (logSum - x[c]);
            }

            return loss + (Size.Smoothing / Size.Classes * spread);
        }
    }

    // With q the (weighted, smoothed) target: gradient = softmax · Σ q − q.
    private struct GradientJob<T> : IParallelJob
        where T : unmanaged, ISimd<T>
    {
        public CrossEntropySize Size;
        public float* X;
        public float* Targets;
        public float* Weights;
        public double Factor;
        public float* Factors;
        public float* GX;
        public int PerPart;

        public readonly void Execute(int index, int worker)
        {
            for (int row = index * PerPart; row < Math.Min((index + 1) * PerPart, Size.Rows); row++)
            {
                float* gx = GX + ((nint)row * Size.Classes);
                double weight = RowWeight(Size, Targets[row], Weights);
                if (Targets[row] == Size.Ignored || double.IsNaN(weight))
                {
                    new Span<float>(gx, Size.Classes).Fill((float)weight);
                }
                else
                {
                    Write(X + ((nint)row * Size.Classes), gx, (int)Targets[row], weight, Factors == null ? Factor : Factors[row]);
                }
            }
        }

        private readonly void Write(float* x, float* gx, int target, double weight, double factor)
        {
            double even = Size.Smoothing / Size.Classes;
            double total = (1 - Size.Smoothing) * weight;
            for (int c = 0; c < Size.Classes && even != 0; c++)
            {
                total += even * (Weights == null ? 1 : Weights[c]);
            }

            float largest = SoftmaxRows.Largest<T>(x, Size.Classes);
            double sum = SoftmaxRows.SumExponentials<T>(x, Size.Classes, largest, gx);
            float scale = (float)(factor * total / sum);
            T scales = T.Broadcast(scale);
            int i = 0;
            for (; i <= Size.Classes - T.Width; i += T.Width)
            {
                T.Store(T.Load(gx + i) * scales, gx + i);
            }

            for (; i < Size.Classes; i++)
            {
                gx[i] *= scale;
            }

            for (int c = 0; c < Size.Classes && even != 0; c++)
            {
                gx[c] -= (float)(factor * even * (Weights == null ? 1 : Weights[c]));
            }

            gx[target] -= (float)(factor * (1 - Size.Smoothing) * weight);
        }
    }
}
