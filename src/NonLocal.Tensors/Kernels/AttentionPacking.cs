using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace NonLocal.Tensors.Kernels;

/// <summary>Copies between rows of a table and the packed form [step][lane] that the products read and write.</summary>
internal static unsafe class AttentionPacking
{
    /// <summary>packed[c][lane] = factor·rows[lane][c]: the rows become lanes. Missing lanes are zero.</summary>
    /// <param name="rows">The first row.</param>
    /// <param name="stride">Floats between rows.</param>
    /// <param name="count">Rows that exist, at most <paramref name="lanes"/>.</param>
    /// <param name="width">Floats of a row that are copied.</param>
    /// <param name="lanes">Lanes of the packed form.</param>
    /// <param name="factor">What everything is multiplied by.</param>
    /// <param name="packed">The result, width·lanes floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RowsToLanes(float* rows, nint stride, int count, int width, int lanes, float factor, float* packed)
    {
        int lane = 0;
        for (; lane <= count - 4; lane += 4)
        {
            float* from = rows + (lane * stride);
            float* to = packed + lane;
            Vector128<float> factors = Vector128.Create(factor);
            int c = 0;
            for (; c <= width - 4; c += 4, from += 4)
            {
                Transpose(
                    Vector128.Load(from) * factors,
                    Vector128.Load(from + stride) * factors,
                    Vector128.Load(from + (2 * stride)) * factors,
                    Vector128.Load(from + (3 * stride)) * factors,
                    to + ((nint)c * lanes),
                    lanes);
            }

            for (; c < width; c++, from++)
            {
                for (int i = 0; i < 4; i++)
                {
                    to[((nint)c * lanes) + i] = from[i * stride] * factor;
                }
            }
        }

        for (; lane < lanes; lane++)
        {
            for (int c = 0; c < width; c++)
            {
                packed[((nint)c * lanes) + lane] = lane < count ? rows[(lane * stride) + c] * factor : 0;
            }
        }
    }

    /// <summary>packed[row][lane] = factor·rows[row][lane]: some channels of each row become lanes. Missing lanes are zero.</summary>
    /// <param name="rows">The first of the channels of the first row.</param>
    /// <param name="stride">Floats between rows.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="width">Channels that exist, at most <paramref name="lanes"/>.</param>
    /// <param name="lanes">Lanes of the packed form.</param>
    /// <param name="factor">What everything is multiplied by.</param>
    /// <param name="packed">The result, count·lanes floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ChannelsToLanes(float* rows, nint stride, int count, int width, int lanes, float factor, float* packed)
    {
        Vector128<float> factors = Vector128.Create(factor);
        for (int row = 0; row < count; row++, rows += stride, packed += lanes)
        {
            int lane = 0;
            for (; lane <= width - 4; lane += 4)
            {
                (Vector128.Load(rows + lane) * factors).Store(packed + lane);
            }

            for (; lane < lanes; lane++)
            {
                packed[lane] = lane < width ? rows[lane] * factor : 0;
            }
        }
    }

    /// <summary>rows[lane][c] = factors[lane]·packed[c][lane], for the first <paramref name="count"/> lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LanesToRows(float* packed, int lanes, int width, float* factors, float* rows, nint stride, int count)
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

    /// <summary>rows[lane][c] += packed[c][lane], for the first <paramref name="count"/> lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddLanesToRows(float* packed, int lanes, int width, float* rows, nint stride, int count)
    {
        float* block = stackalloc float[16];
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
                        (Vector128.Load(to + (i * stride)) + Vector128.Load(block + (4 * i))).Store(to + (i * stride));
                    }

                    continue;
                }

                for (int i = 0; i < height; i++)
                {
                    for (int j = 0; j < Math.Min(4, width - c); j++)
                    {
                        to[(i * stride) + j] += from[((nint)j * lanes) + i];
                    }
                }
            }
        }
    }

    // Writes the transpose of four vectors to four rows.
    private static void Transpose(
        Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d, float* to, nint stride)
    {
        Vector128<float> evenLow = InterleaveLow(a, c);
        Vector128<float> evenHigh = InterleaveHigh(a, c);
        Vector128<float> oddLow = InterleaveLow(b, d);
        Vector128<float> oddHigh = InterleaveHigh(b, d);
        InterleaveLow(evenLow, oddLow).Store(to);
        InterleaveHigh(evenLow, oddLow).Store(to + stride);
        InterleaveLow(evenHigh, oddHigh).Store(to + (2 * stride));
        InterleaveHigh(evenHigh, oddHigh).Store(to + (3 * stride));
    }

    private static Vector128<float> InterleaveLow(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]);

    private static Vector128<float> InterleaveHigh(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[2], b[2], a[3], b[3]);
}
