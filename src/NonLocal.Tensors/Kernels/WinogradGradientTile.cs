using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The innermost loops of <see cref="WinogradWeightGradient"/>: eight rows · two registers of columns stay in registers while tiles
/// pass by.
/// </summary>
internal static unsafe class WinogradGradientTile
{
    /// <summary>Rows of a tile of sums.</summary>
    public const int Rows = 8;

    /// <summary>sums[row, column] += Σ left[i, row] · right[i, column] over two registers of columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add<T>(
        float* left, nint leftStride, float* right, nint rightStride, int count, float* sums, nint sumsStride)
        where T : unmanaged, ISimd<T>
    {
        T a0 = T.Zero, a1 = T.Zero, b0 = T.Zero, b1 = T.Zero, c0 = T.Zero, c1 = T.Zero, d0 = T.Zero, d1 = T.Zero;
        T e0 = T.Zero, e1 = T.Zero, f0 = T.Zero, f1 = T.Zero, g0 = T.Zero, g1 = T.Zero, h0 = T.Zero, h1 = T.Zero;
        for (int i = 0; i < count; i++)
        {
            T r0 = T.Load(right);
            T r1 = T.Load(right + T.Width);
            Row(left[0], r0, r1, ref a0, ref a1);
            Row(left[1], r0, r1, ref b0, ref b1);
            Row(left[2], r0, r1, ref c0, ref c1);
            Row(left[3], r0, r1, ref d0, ref d1);
            Row(left[4], r0, r1, ref e0, ref e1);
            Row(left[5], r0, r1, ref f0, ref f1);
            Row(left[6], r0, r1, ref g0, ref g1);
            Row(left[7], r0, r1, ref h0, ref h1);
            left += leftStride;
            right += rightStride;
        }

        Add(a0, a1, sums);
        Add(b0, b1, sums + sumsStride);
        Add(c0, c1, sums + (2 * sumsStride));
        Add(d0, d1, sums + (3 * sumsStride));
        Add(e0, e1, sums + (4 * sumsStride));
        Add(f0, f1, sums + (5 * sumsStride));
        Add(g0, g1, sums + (6 * sumsStride));
        Add(h0, h1, sums + (7 * sumsStride));
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
    private static void Add<T>(T sum0, T sum1, float* to)
        where T : unmanaged, ISimd<T>
    {
        T.Store(T.Load(to) + sum0, to);
        T.Store(T.Load(to + T.Width) + sum1, to + T.Width);
    }
}
