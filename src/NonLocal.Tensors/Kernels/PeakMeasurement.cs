using System.Diagnostics;
using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Measures how many multiply-adds the processor can do at most: a loop that works in registers only. Short, so that it can be run
/// between the runs of the work that it is compared with, on the same threads and under the same load.
/// </summary>
public static unsafe class PeakMeasurement
{
    // Twelve sums hide the latency of a multiply-add on two pipes, at any width, and fit into sixteen registers.
    private const int Sums = 12;

    /// <summary>Runs the loop for about the given time on every thread of the pool.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="milliseconds">How long; 5 to 50 is sensible.</param>
    /// <returns>Floating-point operations a second, all threads together (a multiply-add counts as two).</returns>
    /// <exception cref="ArgumentOutOfRangeException">Not a positive time.</exception>
    public static double Measure(WorkerPool pool, double milliseconds = 10)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(milliseconds);
        double perMillisecond = Run(pool, 20_000) / 1e3 / OperationsOfRound;
        long rounds = Math.Max(20_000, (long)(perMillisecond / pool.Threads * milliseconds));
        return Run(pool, rounds);
    }

    private static double OperationsOfRound => 2.0 * Sums * SimdWidth.Bits / 32;

    private static double Run(WorkerPool pool, long rounds)
    {
        PeakJob job = new() { Rounds = rounds };
        long start = Stopwatch.GetTimestamp();
        pool.Run(ref job, pool.Threads);
        return rounds * OperationsOfRound * pool.Threads / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private struct PeakJob : IParallelJob
    {
        public long Rounds;

        public readonly void Execute(int index, int worker)
        {
            float* sink = stackalloc float[16];
            if (SimdWidth.Is512)
            {
                Loop<Simd512>(Rounds, sink);
            }
            else if (SimdWidth.Is256)
            {
                Loop<Simd256>(Rounds, sink);
            }
            else
            {
                Loop<Simd128>(Rounds, sink);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Loop<T>(long rounds, float* sink)
            where T : unmanaged, ISimd<T>
        {
            T x = T.Broadcast(0.999f);
            T y = T.Broadcast(0.001f);
            T a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
            for (long round = 0; round < rounds; round++)
            {
                a = T.MultiplyAdd(a, x, y);
                b = T.MultiplyAdd(b, x, y);
                c = T.MultiplyAdd(c, x, y);
                d = T.MultiplyAdd(d, x, y);
                e = T.MultiplyAdd(e, x, y);
                f = T.MultiplyAdd(f, x, y);
                g = T.MultiplyAdd(g, x, y);
                h = T.MultiplyAdd(h, x, y);
                i = T.MultiplyAdd(i, x, y);
                j = T.MultiplyAdd(j, x, y);
                k = T.MultiplyAdd(k, x, y);
                l = T.MultiplyAdd(l, x, y);
            }

            T.Store(a + b + c + d + e + f + g + h + i + j + k + l, sink);
        }
    }
}
