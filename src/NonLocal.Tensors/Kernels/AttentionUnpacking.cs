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
                Transpose(
                    Vector128.Load(from) * four,
                    Vector128.Load(from + lanes) * four,
                    Vector128.Load(from + (2 * lanes)) * four,
                    Vector128.Load(from + (3 * lanes)) * four,
                    to + c,
                    stride);
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
        float* block = stackalloc float[16];
        Vector128<float> factors = Vector128.Create(factor);
        for (int lane = 0; lane < count; lane += 4)
        {
            int height = Math.Min(4, count - lane);
            for (int c = 0; c < width; c += 4)
            {
                float* from = packed + ((nint)c * lanes) + lane;
                float* to = rows + (lane * stride) + c;
                if (height == 4 && c <= width - 4)
                {
                    Transpose(
                        Vector128.Load(from),
                        Vector128.Load(from + lanes),
                        Vector128.Load(from + (2 * lanes)),
                        Vector128.Load(from + (3 * lanes)),
                        block,
                        4);
                    for (int i = 0; i < 4; i++)
                    {
                        (Vector128.Load(to + (i * stride)) + (factors * Vector128.Load(block + (4 * i)))).Store(to + (i * stride));
                    }

                    continue;
                }

                for (int i = 0; i < height; i++)
                {
                    for (int j = 0; j < Math.Min(4, width - c); j++)
                    {
                        to[(i * stride) + j] += factor * from[((nint)j * lanes) + i];
                    }
                }
            }
        }
    }

    // Writes the transpose of four vectors to four rows.
    private static void Transpose(
        Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d, float* to, nint stride)
    {
        Vector128<float> evenLow = PanelPacking.ZipLow(a, c);
        Vector128<float> evenHigh = PanelPacking.ZipHigh(a, c);
        Vector128<float> oddLow = PanelPacking.ZipLow(b, d);
        Vector128<float> oddHigh = PanelPacking.ZipHigh(b, d);
        PanelPacking.ZipLow(evenLow, oddLow).Store(to);
        PanelPacking.ZipHigh(evenLow, oddLow).Store(to + stride);
        PanelPacking.ZipLow(evenHigh, oddHigh).Store(to + (2 * stride));
        PanelPacking.ZipHigh(evenHigh, oddHigh).Store(to + (3 * stride));
    }
}
