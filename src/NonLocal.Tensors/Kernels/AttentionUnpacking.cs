using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NonLocal.Tensors.Kernels;

/// <summary>The way back from <see cref="PanelPacking"/>: panels [channel, lane] become rows of a table, a lane each.</summary>
internal static unsafe class AttentionUnpacking
{
    /// <summary>rows[lane][c] = factors[lane]·packed[c][lane], for the first <paramref name="count"/> lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Write(float* packed, int lanes, int width, float* factors, float* rows, nint stride, int count)
    {
        int lane = 0;
        for (; lane <= count - 4; lane += 4)
        {
            Vector128<float> four = Vector128.Load(factors + lane);
            float* from = packed + lane;
            float* to = rows + (lane * stride);
            int c = 0;
            for (; c <= width - 4; c += 4, from += 4 * lanes)
            {
                Vector128<float> first = Vector128.Load(from) * four;
                Vector128<float> second = Vector128.Load(from + lanes) * four;
                Vector128<float> third = Vector128.Load(from + (2 * lanes)) * four;
                Vector128<float> fourth = Vector128.Load(from + (3 * lanes)) * four;
                Transpose(ref first, ref second, ref third, ref fourth);
                first.Store(to + c);
                second.Store(to + stride + c);
                third.Store(to + (2 * stride) + c);
                fourth.Store(to + (3 * stride) + c);
            }

            for (; c < width; c++, from += lanes)
            {
                for (int i = 0; i < 4; i++)
                {
                    to[(i * stride) + c] = from[i] * factors[lane + i];
                }
            }
        }

        for (; lane < count; lane++)
        {
            for (int c = 0; c < width; c++)
            {
                rows[(lane * stride) + c] = packed[((nint)c * lanes) + lane] * factors[lane];
            }
        }
    }

    /// <summary>rows[lane][c] += factor·packed[c][lane], for the first <paramref name="count"/> lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* packed, int lanes, int width, float factor, float* rows, nint stride, int count)
    {
        Vector128<float> factors = Vector128.Create(factor);
        for (int lane = 0; lane < count; lane += 4)
        {
            int height = Math.Min(4, count - lane);
            float* from = packed + lane;
            float* to = rows + (lane * stride);
            int c = 0;
            for (; height == 4 && c <= width - 4; c += 4, from += 4 * lanes, to += 4)
            {
                if (c % CachePrefetch.Line == 0)
                {
                    PrefetchRows(to + (4 * stride), stride);
                }

                Vector128<float> first = Vector128.Load(from);
                Vector128<float> second = Vector128.Load(from + lanes);
                Vector128<float> third = Vector128.Load(from + (2 * lanes));
                Vector128<float> fourth = Vector128.Load(from + (3 * lanes));
                Transpose(ref first, ref second, ref third, ref fourth);
                (Vector128.Load(to) + (factors * first)).Store(to);
                (Vector128.Load(to + stride) + (factors * second)).Store(to + stride);
                (Vector128.Load(to + (2 * stride)) + (factors * third)).Store(to + (2 * stride));
                (Vector128.Load(to + (3 * stride)) + (factors * fourth)).Store(to + (3 * stride));
            }

            for (; c < width; c++, from += lanes, to++)
            {
                for (int i = 0; i < height; i++)
                {
                    to[i * stride] += factor * from[i];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchRows(float* rows, nint stride)
    {
        for (int i = 0; i < 4; i++)
        {
            CachePrefetch.Near(rows + (i * stride));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(ref Vector128<float> a, ref Vector128<float> b, ref Vector128<float> c, ref Vector128<float> d)
    {
        Vector128<float> evenLow = PanelPacking.ZipLow(a, c);
        Vector128<float> evenHigh = PanelPacking.ZipHigh(a, c);
        Vector128<float> oddLow = PanelPacking.ZipLow(b, d);
        Vector128<float> oddHigh = PanelPacking.ZipHigh(b, d);
        a = PanelPacking.ZipLow(evenLow, oddLow);
        b = PanelPacking.ZipHigh(evenLow, oddLow);
        c = PanelPacking.ZipLow(evenHigh, oddHigh);
        d = PanelPacking.ZipHigh(evenHigh, oddHigh);
    }
}
