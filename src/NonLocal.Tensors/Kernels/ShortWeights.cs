using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The weights with which a panel of queries reads all keys, [key][query lane], and what each query's sums of values are multiplied by.
/// </summary>
internal readonly unsafe struct ShortWeights<TVector>
    where TVector : unmanaged, ISimd<TVector>
{
    private readonly ShortAttentionPlan plan;
    private readonly float* weights;
    private readonly float* maxima;
    private readonly float* sums;
    private readonly float* factors;
    private readonly float* kept;

    /// <summary>Weights in <paramref name="memory"/>.</summary>
    public ShortWeights(float* memory, in ShortAttentionPlan plan)
    {
        this.plan = plan;
        weights = memory;
        maxima = memory + ((nint)plan.PaddedKeys * plan.Lanes);
        sums = maxima + plan.Lanes;
        factors = sums + plan.Lanes;
        kept = factors + plan.Lanes;
    }

    /// <summary>The first float behind.</summary>
    public float* End => kept + plan.Lanes;

    /// <summary>Computes the weights of some queries and their log-sums.</summary>
    /// <param name="operands">What is read, and where log-sums are written.</param>
    /// <param name="batch">The batch element.</param>
    /// <param name="query">The first query.</param>
    /// <param name="count">How many, at most the lanes.</param>
    /// <param name="keys">Its packed keys.</param>
    /// <param name="queries">Memory for packed queries.</param>
    public void Fill(in AttentionOperands operands, int batch, int query, int count, float* keys, float* queries)
    {
        int width = plan.Size.KeyWidth;
        int lanes = plan.Lanes;
        PanelPacking.Pack<TVector>(operands.Q.Row(batch, query), operands.Q.RowStride, 1, count, width, lanes, queries, 0);
        for (int key = 0; key < plan.Size.Keys; key += MicroKernel.Rows<TVector>())
        {
            MicroKernel.Run<TVector>(keys + ((nint)key * width), queries, width, weights + ((nint)key * lanes));
        }

        float* bias = operands.KeyBias == null ? null : operands.KeyBias + ((long)batch * plan.Size.Keys);
        AttentionScores<TVector>.ScaleAndShift(weights, plan.Size.Keys, operands.Scale, bias);
        if (operands.SkipsOwn)
        {
            AttentionScores<TVector>.Mask(weights, plan.Size.Keys, query);
        }

        // What was read before is a maximum with the sum 1.
        new Span<float>(maxima, lanes).Fill(float.NegativeInfinity);
        new Span<float>(sums, lanes).Clear();
        float* logSums = operands.LogSums.Row(batch, query);
        nint step = operands.LogSums.RowStride;
        for (int lane = 0; operands.Continues && lane < count; lane++)
        {
            maxima[lane] = logSums[lane * step];
            sums[lane] = float.IsNegativeInfinity(maxima[lane]) ? 0 : 1;
        }

        new ReadOnlySpan<float>(maxima, lanes).CopyTo(new Span<float>(kept, lanes));
        AttentionScores<TVector>.Exponentiate(weights, plan.Size.Keys, maxima, sums, null, 0);
        for (int lane = 0; lane < count; lane++)
        {
            // A sum of 0 means that all scores were -inf: the result is 0 and so is the weight of what comes later.
            bool empty = sums[lane] == 0;
            logSums[lane * step] = empty ? float.NegativeInfinity : maxima[lane] + MathF.Log(sums[lane]);
            factors[lane] = empty ? 0 : 1 / sums[lane];
        }

        for (int lane = 0; operands.Continues && lane < lanes; lane += TVector.Width)
        {
            TVector origin = TVector.Max(TVector.Load(maxima + lane), TVector.Broadcast(float.MinValue));
            TVector share = VectorMath.ExpOfNonPositive(TVector.Load(kept + lane) - origin);
            TVector.Store(share * TVector.Load(factors + lane), kept + lane);
        }
    }

    /// <summary>Sums of values of eight queries over the columns of a tile.</summary>
    /// <param name="row">The first of the queries in the panel.</param>
    /// <param name="values">The first key's values.</param>
    /// <param name="valueStep">Floats from key to key.</param>
    /// <param name="to">The first query's sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Multiply(int row, float* values, nint valueStep, float* to)
    {
        if (TVector.Width == 16)
        {
            Rows8(weights + row, values, valueStep, plan.Size.Keys, to, plan.ValueStride);
        }
        else
        {
            Rows4(weights + row, values, valueStep, plan.Size.Keys, to, plan.ValueStride);
            Rows4(weights + row + 4, values, valueStep, plan.Size.Keys, to + (4 * plan.ValueStride), plan.ValueStride);
        }
    }

    /// <summary>Writes the results of some queries.</summary>
    /// <param name="row">The first of the queries in the panel.</param>
    /// <param name="rows">How many.</param>
    /// <param name="from">Their sums of values.</param>
    /// <param name="to">The first query's result.</param>
    /// <param name="stride">Floats from result to result.</param>
    /// <param name="continues">Whether a part of what the results hold stays.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(int row, int rows, float* from, float* to, nint stride, bool continues)
    {
        int width = plan.Size.ValueWidth;
        for (int i = 0; i < rows; i++, from += plan.ValueStride, to += stride)
        {
            TVector factor = TVector.Broadcast(factors[row + i]);
            TVector part = TVector.Broadcast(continues ? kept[row + i] : 0);
            int column = 0;
            for (; column <= width - TVector.Width; column += TVector.Width)
            {
                CachePrefetch.Near(to + stride + column);
                TVector sum = TVector.Load(from + column) * factor;
                sum = continues ? TVector.MultiplyAdd(TVector.Load(to + column), part, sum) : sum;
                TVector.Store(sum, to + column);
            }

            for (; column < width; column++)
            {
                to[column] = (from[column] * factors[row + i]) + (continues ? to[column] * kept[row + i] : 0);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8(float* left, float* right, nint rightStep, nint k, float* to, nint stride)
    {
        TVector a0 = TVector.Zero, a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
        TVector e0 = a0, e1 = a0, f0 = a0, f1 = a0, g0 = a0, g1 = a0, h0 = a0, h1 = a0;
        float* end = left + (2 * TVector.Width * k);
        for (; left < end; left += 2 * TVector.Width, right += rightStep)
        {
            TVector r0 = TVector.Load(right);
            TVector r1 = TVector.Load(right + TVector.Width);
            MicroKernel.Row(left[0], r0, r1, ref a0, ref a1);
            MicroKernel.Row(left[1], r0, r1, ref b0, ref b1);
            MicroKernel.Row(left[2], r0, r1, ref c0, ref c1);
            MicroKernel.Row(left[3], r0, r1, ref d0, ref d1);
            MicroKernel.Row(left[4], r0, r1, ref e0, ref e1);
            MicroKernel.Row(left[5], r0, r1, ref f0, ref f1);
            MicroKernel.Row(left[6], r0, r1, ref g0, ref g1);
            MicroKernel.Row(left[7], r0, r1, ref h0, ref h1);
        }

        Store(a0, a1, to);
        Store(b0, b1, to + stride);
        Store(c0, c1, to + (2 * stride));
        Store(d0, d1, to + (3 * stride));
        Store(e0, e1, to + (4 * stride));
        Store(f0, f1, to + (5 * stride));
        Store(g0, g1, to + (6 * stride));
        Store(h0, h1, to + (7 * stride));
    }

    // For registers of which there are half as many, or half as wide.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4(float* left, float* right, nint rightStep, nint k, float* to, nint stride)
    {
        TVector a0 = TVector.Zero, a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
        float* end = left + (2 * TVector.Width * k);
        for (; left < end; left += 2 * TVector.Width, right += rightStep)
        {
            TVector r0 = TVector.Load(right);
            TVector r1 = TVector.Load(right + TVector.Width);
            MicroKernel.Row(left[0], r0, r1, ref a0, ref a1);
            MicroKernel.Row(left[1], r0, r1, ref b0, ref b1);
            MicroKernel.Row(left[2], r0, r1, ref c0, ref c1);
            MicroKernel.Row(left[3], r0, r1, ref d0, ref d1);
        }

        Store(a0, a1, to);
        Store(b0, b1, to + stride);
        Store(c0, c1, to + (2 * stride));
        Store(d0, d1, to + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector sum0, TVector sum1, float* to)
    {
        TVector.Store(sum0, to);
        TVector.Store(sum1, to + TVector.Width);
    }
}
