using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// One sweep over two sorted lists: for every target t the sums over the sources s with key(t) + key(s) &gt; 0 of row(s) and
/// of key(s)·row(s), kept running in double over a few channels.
/// </summary>
/// <remarks>
/// Targets are visited with rising keys, so the set of sources only grows and each row is added once. From the sums S0, S1
/// follow Σ relu(key(t) + key(s))·row(s) = key(t)·S0 + S1 and its derivative by key(t), S0.
/// A source key that is not finite makes all results NaN, a target key that is not makes its own, a row entry that is not
/// makes its channel (0·∞ and 0·NaN are NaN in the literal sum too).
/// </remarks>
internal unsafe ref struct AttentionSweep
{
    /// <summary>Channels that are swept together: their sums stay in the first-level cache.</summary>
    public const int MaximalWidth = 32;

    private fixed double plain[MaximalWidth];
    private fixed double weighted[MaximalWidth];

    /// <summary>The targets' keys in ascending order.</summary>
    public ulong* Targets;

    /// <summary>The sources' keys in ascending order.</summary>
    public ulong* Sources;

    /// <summary>How many targets.</summary>
    public int TargetCount;

    /// <summary>How many sources.</summary>
    public int SourceCount;

    /// <summary>The first of the swept channels of the first source's row.</summary>
    public float* Rows;

    /// <summary>Floats between source rows.</summary>
    public nint RowStride;

    /// <summary>The swept channels, at most <see cref="MaximalWidth"/>.</summary>
    public int Width;

    /// <summary>What every result is multiplied by.</summary>
    public double Factor;

    /// <summary>Sweeps once. Results that are not wanted have a null address.</summary>
    /// <param name="results">Receives Factor·(key(t)·S0 + S1) in the row of target t.</param>
    /// <param name="resultStride">Floats between result rows.</param>
    /// <param name="others">The targets' rows for the dots.</param>
    /// <param name="otherStride">Floats between those rows.</param>
    /// <param name="dots">Receives Factor·(S0 · other(t)) over the swept channels: their share of the derivative by key(t).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(float* results, nint resultStride, float* others, nint otherStride, double* dots)
    {
        Begin();
        int remaining = SourceCount;
        for (int t = 0; t < TargetCount; t++)
        {
            float key = AttentionOrder.Value(Targets[t]);
            int index = AttentionOrder.Index(Targets[t]);
            remaining = TakeSources(key, remaining);
            if (dots != null)
            {
                dots[index] = float.IsFinite(key) ? Factor * Dot(others + (index * otherStride)) : double.NaN;
            }

            if (results != null)
            {
                WriteRow(results + (index * resultStride), float.IsFinite(key) ? key : double.NaN);
            }
        }
    }

    // The sums start at zero, or at NaN where some number is not finite.
    private void Begin()
    {
        double start = AttentionOrder.AllFinite(Sources, SourceCount) ? 0 : double.NaN;
        for (int c = 0; c < Width; c++)
        {
            plain[c] = start;
            weighted[c] = start;
        }

        for (int s = 0; s < SourceCount; s++)
        {
            AddRow(Rows + (s * RowStride), 0, 0);
        }
    }

    // Sources are taken from the end of the ascending list, largest first; `remaining` of them are still to come.
    private int TakeSources(float targetKey, int remaining)
    {
        while (remaining > 0)
        {
            float key = AttentionOrder.Value(Sources[remaining - 1]);
            if (!(key > -targetKey))
            {
                break;
            }

            remaining--;
            AddRow(Rows + (AttentionOrder.Index(Sources[remaining]) * RowStride), 1, key);
        }

        return remaining;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddRow(float* row, double factor, double key)
    {
        fixed (double* s0 = plain)
        fixed (double* s1 = weighted)
        {
            Vector256<double> factors = Vector256.Create(factor);
            Vector256<double> keys = Vector256.Create(key);
            int c = 0;
            for (; c <= Width - 8; c += 8)
            {
                (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Load(row + c));
                (Vector256.Load(s0 + c) + (low * factors)).Store(s0 + c);
                (Vector256.Load(s0 + c + 4) + (high * factors)).Store(s0 + c + 4);
                (Vector256.Load(s1 + c) + (low * keys)).Store(s1 + c);
                (Vector256.Load(s1 + c + 4) + (high * keys)).Store(s1 + c + 4);
            }

            for (; c < Width; c++)
            {
                s0[c] += row[c] * factor;
                s1[c] += row[c] * key;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteRow(float* result, double key)
    {
        fixed (double* s0 = plain)
        fixed (double* s1 = weighted)
        {
            Vector256<double> keys = Vector256.Create(key);
            Vector256<double> factor = Vector256.Create(Factor);
            int c = 0;
            for (; c <= Width - 8; c += 8)
            {
                Vector256<double> low = ((Vector256.Load(s0 + c) * keys) + Vector256.Load(s1 + c)) * factor;
                Vector256<double> high = ((Vector256.Load(s0 + c + 4) * keys) + Vector256.Load(s1 + c + 4)) * factor;
                Vector256.Narrow(low, high).Store(result + c);
            }

            for (; c < Width; c++)
            {
                result[c] = (float)(((s0[c] * key) + s1[c]) * Factor);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Dot(float* other)
    {
        fixed (double* s0 = plain)
        {
            Vector256<double> sum = Vector256<double>.Zero;
            int c = 0;
            for (; c <= Width - 8; c += 8)
            {
                (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Load(other + c));
                sum += (Vector256.Load(s0 + c) * low) + (Vector256.Load(s0 + c + 4) * high);
            }

            double total = Vector256.Sum(sum);
            for (; c < Width; c++)
            {
                total += s0[c] * other[c];
            }

            return total;
        }
    }
}
