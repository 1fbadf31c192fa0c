using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The innermost loops of convolutions without packing, for 32 registers: neighbouring windows, read where they lie, times one or two
/// registers of output channels; sixteen sums stay in registers while the inner index runs over all segments.
/// </summary>
/// <remarks>
/// Every third window has a pointer of its own; the two behind it are reached by one and two row strides. More pointers or offsets than
/// that do not fit the processor's registers.
/// </remarks>
internal static unsafe class ConvolutionTile
{
    /// <summary>Windows of <see cref="ThreeTaps"/>.</summary>
    public const int ThreeTapRows = 16;

    /// <summary>Windows of <see cref="TwoRegisters"/>.</summary>
    public const int TwoRegisterRows = 8;

    /// <summary>
    /// to [16, width] = windows of three taps, one position apart, · one register of columns. A number of the map is read once for the
    /// three windows that it lies in.
    /// </summary>
    /// <param name="segments">Window 0 of each segment, and the right matrix that belongs to it: [3, channels] rows.</param>
    /// <param name="count">How many segments.</param>
    /// <param name="channels">Channels of the map.</param>
    /// <param name="rightStep">Floats from one row of the right matrix to the next.</param>
    /// <param name="to">The first sum.</param>
    /// <param name="toStride">Floats from the sums of one window to those of the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ThreeTaps<T>(TallSegment* segments, int count, nint channels, nint rightStep, float* to, nint toStride)
        where T : unmanaged, ISimd<T>
    {
        nint next = channels;
        nint second = 2 * channels;
        nint tap1 = channels * rightStep;
        nint tap2 = 2 * tap1;
        T s0 = T.Zero, s1 = T.Zero, s2 = T.Zero, s3 = T.Zero, s4 = T.Zero, s5 = T.Zero, s6 = T.Zero, s7 = T.Zero;
        T s8 = T.Zero, s9 = T.Zero, s10 = T.Zero, s11 = T.Zero, s12 = T.Zero, s13 = T.Zero, s14 = T.Zero, s15 = T.Zero;
        for (int i = 0; i < count; i++)
        {
            float* right = segments[i].Right;
            float* a = segments[i].Left;
            float* b = a + (3 * channels);
            float* c = b + (3 * channels);
            float* d = c + (3 * channels);
            float* e = d + (3 * channels);
            float* f = e + (3 * channels);
            float* end = a + channels;
            while (a < end)
            {
                T r0 = T.Load(right);
                T r1 = T.Load(right + tap1);
                T r2 = T.Load(right + tap2);
                s0 = T.MultiplyAdd(T.Broadcast(a[0]), r0, s0);
                Row(a[next], r1, r0, ref s0, ref s1);
                Spread(a[second], r2, r1, r0, ref s0, ref s1, ref s2);
                Spread(b[0], r2, r1, r0, ref s1, ref s2, ref s3);
                Spread(b[next], r2, r1, r0, ref s2, ref s3, ref s4);
                Spread(b[second], r2, r1, r0, ref s3, ref s4, ref s5);
                Spread(c[0], r2, r1, r0, ref s4, ref s5, ref s6);
                Spread(c[next], r2, r1, r0, ref s5, ref s6, ref s7);
                Spread(c[second], r2, r1, r0, ref s6, ref s7, ref s8);
                Spread(d[0], r2, r1, r0, ref s7, ref s8, ref s9);
                Spread(d[next], r2, r1, r0, ref s8, ref s9, ref s10);
                Spread(d[second], r2, r1, r0, ref s9, ref s10, ref s11);
                Spread(e[0], r2, r1, r0, ref s10, ref s11, ref s12);
                Spread(e[next], r2, r1, r0, ref s11, ref s12, ref s13);
                Spread(e[second], r2, r1, r0, ref s12, ref s13, ref s14);
                Spread(f[0], r2, r1, r0, ref s13, ref s14, ref s15);
                Row(f[next], r2, r1, ref s14, ref s15);
                s15 = T.MultiplyAdd(T.Broadcast(f[second]), r2, s15);
                a++;
                b++;
                c++;
                d++;
                e++;
                f++;
                right += rightStep;
            }
        }

        Store(s0, s1, s2, s3, to, toStride);
        Store(s4, s5, s6, s7, to + (4 * toStride), toStride);
        Store(s8, s9, s10, s11, to + (8 * toStride), toStride);
        Store(s12, s13, s14, s15, to + (12 * toStride), toStride);
    }

    /// <summary>to [8, 2 · width] = windows · two neighbouring registers of columns.</summary>
    /// <param name="segments">Window 0 of each segment, and the right matrix that belongs to it.</param>
    /// <param name="count">How many segments.</param>
    /// <param name="rowStride">Floats from one window to the next.</param>
    /// <param name="rightStep">Floats from one k to the next in the right matrix.</param>
    /// <param name="k">Length of a segment.</param>
    /// <param name="to">The first sum.</param>
    /// <param name="toStride">Floats from the sums of one window to those of the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TwoRegisters<T>(
        TallSegment* segments, int count, nint rowStride, nint rightStep, nint k, float* to, nint toStride)
        where T : unmanaged, ISimd<T>
    {
        nint rowStride2 = 2 * rowStride;
        T a0 = T.Zero, b0 = T.Zero, c0 = T.Zero, d0 = T.Zero, e0 = T.Zero, f0 = T.Zero, g0 = T.Zero, h0 = T.Zero;
        T a1 = T.Zero, b1 = T.Zero, c1 = T.Zero, d1 = T.Zero, e1 = T.Zero, f1 = T.Zero, g1 = T.Zero, h1 = T.Zero;
        for (int i = 0; i < count; i++)
        {
            float* right = segments[i].Right;
            float* x = segments[i].Left;
            float* y = x + rowStride + rowStride2;
            float* z = y + rowStride + rowStride2;
            float* end = x + k;
            while (x < end)
            {
                T r0 = T.Load(right);
                T r1 = T.Load(right + T.Width);
                Row(x[0], r0, r1, ref a0, ref a1);
                Row(x[rowStride], r0, r1, ref b0, ref b1);
                Row(x[rowStride2], r0, r1, ref c0, ref c1);
                Row(y[0], r0, r1, ref d0, ref d1);
                Row(y[rowStride], r0, r1, ref e0, ref e1);
                Row(y[rowStride2], r0, r1, ref f0, ref f1);
                Row(z[0], r0, r1, ref g0, ref g1);
                Row(z[rowStride], r0, r1, ref h0, ref h1);
                x++;
                y++;
                z++;
                right += rightStep;
            }
        }

        Store(a0, b0, c0, d0, to, toStride);
        Store(e0, f0, g0, h0, to + (4 * toStride), toStride);
        to += T.Width;
        Store(a1, b1, c1, d1, to, toStride);
        Store(e1, f1, g1, h1, to + (4 * toStride), toStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<T>(float left, T r0, T r1, ref T sum0, ref T sum1)
        where T : unmanaged, ISimd<T>
    {
        T factor = T.Broadcast(left);
        sum0 = T.MultiplyAdd(factor, r0, sum0);
        sum1 = T.MultiplyAdd(factor, r1, sum1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread<T>(float left, T r0, T r1, T r2, ref T sum0, ref T sum1, ref T sum2)
        where T : unmanaged, ISimd<T>
    {
        T factor = T.Broadcast(left);
        sum0 = T.MultiplyAdd(factor, r0, sum0);
        sum1 = T.MultiplyAdd(factor, r1, sum1);
        sum2 = T.MultiplyAdd(factor, r2, sum2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(T row0, T row1, T row2, T row3, float* to, nint stride)
        where T : unmanaged, ISimd<T>
    {
        T.Store(row0, to);
        T.Store(row1, to + stride);
        T.Store(row2, to + (2 * stride));
        T.Store(row3, to + (3 * stride));
    }
}
