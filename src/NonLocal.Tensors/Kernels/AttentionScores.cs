using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>Element-wise work on a tile of scores, stored [key][query lane]: everything runs down the keys, lane by lane.</summary>
internal static unsafe class AttentionScores<TVector>
    where TVector : unmanaged, ISimd<TVector>
{
    /// <summary>Query lanes of a tile: the columns of a register tile.</summary>
    private static int Lanes => MicroKernel.Columns<TVector>();

    /// <summary>scores[key][lane] = scale·scores[key][lane] + bias[key]; a null bias is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaleAndShift(float* scores, int keys, float scale, float* bias)
    {
        if (scale == 1 && bias == null)
        {
            return;
        }

        TVector factor = TVector.Broadcast(scale);
        for (int key = 0; key < keys; key++, scores += Lanes)
        {
            TVector shift = TVector.Broadcast(bias == null ? 0 : bias[key]);
            TVector.Store(TVector.MultiplyAdd(TVector.Load(scores), factor, shift), scores);
            TVector.Store(TVector.MultiplyAdd(TVector.Load(scores + TVector.Width), factor, shift), scores + TVector.Width);
        }
    }

    /// <summary>Scores of keys with their own lane become −∞.</summary>
    /// <param name="scores">[keys][lanes].</param>
    /// <param name="keys">How many keys.</param>
    /// <param name="firstLane">The number of the key that belongs to lane 0; may lie outside.</param>
    public static void Mask(float* scores, int keys, int firstLane)
    {
        for (int lane = Math.Max(0, -firstLane); lane < Math.Min(Lanes, keys - firstLane); lane++)
        {
            scores[((nint)(firstLane + lane) * Lanes) + lane] = float.NegativeInfinity;
        }
    }

    /// <summary>
    /// One step of the online softmax: scores become exp(score − maximum), with the running maxima and sums brought up to date
    /// and the results so far rescaled where a maximum has moved.
    /// </summary>
    /// <param name="scores">[keys][lanes].</param>
    /// <param name="keys">How many keys.</param>
    /// <param name="maxima">Running maximum for each lane.</param>
    /// <param name="sums">Running sum of exponentials for each lane.</param>
    /// <param name="results">[channels][lanes], weighted sums of values so far.</param>
    /// <param name="channels">How many channels.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Exponentiate(float* scores, int keys, float* maxima, float* sums, float* results, int channels)
    {
        for (int half = 0; half < 2; half++)
        {
            int lane = half * TVector.Width;
            TVector before = TVector.Load(maxima + lane);
            TVector maximum = Maximum(scores + lane, keys, before);
            TVector.Store(maximum, maxima + lane);

            // A lane that has only seen -inf keeps the maximum -inf; its exponentials are taken relative to the lowest finite
            // number, so that they are 0 and not exp(-inf + inf).
            TVector origin = TVector.Max(maximum, TVector.Broadcast(float.MinValue));
            TVector sum = TVector.Load(sums + lane);
            if (!TVector.AllEqual(before, maximum))
            {
                TVector shrink = VectorMath.ExpOfNonPositive(before - origin);
                sum *= shrink;
                Scale(results + lane, channels, shrink);
            }

            TVector.Store(sum + Exponentials(scores + lane, keys, origin), sums + lane);
        }
    }

    /// <summary>
    /// Scores become weights, exp(score − logSum), and products ⟨v, dy⟩ become score gradients, weight·(product − dot).
    /// </summary>
    /// <param name="scores">[keys][lanes].</param>
    /// <param name="products">[keys][lanes].</param>
    /// <param name="keys">How many keys.</param>
    /// <param name="logSums">Log-sum-exp of each lane's row.</param>
    /// <param name="dots">⟨dy, y⟩ of each lane's row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Differentiate(float* scores, float* products, int keys, float* logSums, float* dots)
    {
        TVector leftLogSum = TVector.Load(logSums);
        TVector rightLogSum = TVector.Load(logSums + TVector.Width);
        TVector leftDot = TVector.Load(dots);
        TVector rightDot = TVector.Load(dots + TVector.Width);
        for (int key = 0; key < keys; key++, scores += Lanes, products += Lanes)
        {
            TVector left = VectorMath.ExpOfNonPositive(TVector.Load(scores) - leftLogSum);
            TVector right = VectorMath.ExpOfNonPositive(TVector.Load(scores + TVector.Width) - rightLogSum);
            TVector.Store(left, scores);
            TVector.Store(right, scores + TVector.Width);
            TVector.Store(left * (TVector.Load(products) - leftDot), products);
            TVector.Store(right * (TVector.Load(products + TVector.Width) - rightDot), products + TVector.Width);
        }
    }

    // Four independent chains, so that latency does not matter.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TVector Maximum(float* scores, int keys, TVector start)
    {
        TVector a = start;
        TVector b = start;
        TVector c = start;
        TVector d = start;
        int key = 0;
        for (; key <= keys - 4; key += 4, scores += 4 * Lanes)
        {
            a = TVector.Max(a, TVector.Load(scores));
            b = TVector.Max(b, TVector.Load(scores + Lanes));
            c = TVector.Max(c, TVector.Load(scores + (2 * Lanes)));
            d = TVector.Max(d, TVector.Load(scores + (3 * Lanes)));
        }

        for (; key < keys; key++, scores += Lanes)
        {
            a = TVector.Max(a, TVector.Load(scores));
        }

        return TVector.Max(TVector.Max(a, b), TVector.Max(c, d));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TVector Exponentials(float* scores, int keys, TVector origin)
    {
        TVector even = TVector.Zero;
        TVector odd = TVector.Zero;
        int key = 0;
        for (; key <= keys - 2; key += 2, scores += 2 * Lanes)
        {
            TVector first = VectorMath.ExpOfNonPositive(TVector.Load(scores) - origin);
            TVector second = VectorMath.ExpOfNonPositive(TVector.Load(scores + Lanes) - origin);
            TVector.Store(first, scores);
            TVector.Store(second, scores + Lanes);
            even += first;
            odd += second;
        }

        if (key < keys)
        {
            TVector last = VectorMath.ExpOfNonPositive(TVector.Load(scores) - origin);
            TVector.Store(last, scores);
            even += last;
        }

        return even + odd;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* results, int channels, TVector factor)
    {
        for (int channel = 0; channel < channels; channel++, results += Lanes)
        {
            TVector.Store(TVector.Load(results) * factor, results);
        }
    }
}
