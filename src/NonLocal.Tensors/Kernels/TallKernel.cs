using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The innermost loop for outputs no wider than one register, and for products too small to be worth packing: eight rows of the left
/// matrix, read where they lie, times one register of columns.
/// </summary>
internal static unsafe class TallKernel
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 8;

    /// <summary>Room for the tile of any width.</summary>
    public const int TileFloats = Rows * 16;

    /// <summary>
    /// tile [8, width] = the first <paramref name="rows"/> rows of left · right; the other rows of the tile are meaningless.
    /// </summary>
    /// <param name="left">Element (i, p) lies at i·<paramref name="rowStride"/> + p·<paramref name="step"/>.</param>
    /// <param name="rowStride">Floats from one row to the next.</param>
    /// <param name="step">Floats from one k to the next.</param>
    /// <param name="rows">1 to 8; no other row is read.</param>
    /// <param name="right">One register of columns for each k.</param>
    /// <param name="rightStep">Floats from one k to the next.</param>
    /// <param name="k">The inner length.</param>
    /// <param name="tile">The result.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<T>(float* left, nint rowStride, nint step, int rows, float* right, nint rightStep, nint k, float* tile)
        where T : unmanaged, ISimd<T>
    {
        TallSegment segment = new(left, right);
        Run<T>(&segment, 1, rowStride, step, rows, rightStep, k, tile);
    }

    /// <summary>The same, summed over segments of equal length <paramref name="k"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(TallSegment* segments, int count, nint rowStride, nint step, int rows, nint rightStep, nint k, float* tile)
        where T : unmanaged, ISimd<T>
    {
        // Missing rows repeat the last one.
        nint offset1 = Math.Min(1, rows - 1) * rowStride;
        nint offset2 = Math.Min(2, rows - 1) * rowStride;
        nint offset3 = Math.Min(3, rows - 1) * rowStride;
        nint offset4 = Math.Min(4, rows - 1) * rowStride;
        nint offset5 = Math.Min(5, rows - 1) * rowStride;
        nint offset6 = Math.Min(6, rows - 1) * rowStride;
        nint offset7 = Math.Min(7, rows - 1) * rowStride;
        T s0 = T.Zero, s1 = T.Zero, s2 = T.Zero, s3 = T.Zero, s4 = T.Zero, s5 = T.Zero, s6 = T.Zero, s7 = T.Zero;
        for (int i = 0; i < count; i++)
        {
            float* left = segments[i].Left;
            float* right = segments[i].Right;
            for (nint p = 0; p < k; p++)
            {
                T r = T.Load(right);
                s0 = T.MultiplyAdd(T.Broadcast(left[0]), r, s0);
                s1 = T.MultiplyAdd(T.Broadcast(left[offset1]), r, s1);
                s2 = T.MultiplyAdd(T.Broadcast(left[offset2]), r, s2);
                s3 = T.MultiplyAdd(T.Broadcast(left[offset3]), r, s3);
                s4 = T.MultiplyAdd(T.Broadcast(left[offset4]), r, s4);
                s5 = T.MultiplyAdd(T.Broadcast(left[offset5]), r, s5);
                s6 = T.MultiplyAdd(T.Broadcast(left[offset6]), r, s6);
                s7 = T.MultiplyAdd(T.Broadcast(left[offset7]), r, s7);
                left += step;
                right += rightStep;
            }
        }

        T.Store(s0, tile);
        T.Store(s1, tile + T.Width);
        T.Store(s2, tile + (2 * T.Width));
        T.Store(s3, tile + (3 * T.Width));
        T.Store(s4, tile + (4 * T.Width));
        T.Store(s5, tile + (5 * T.Width));
        T.Store(s6, tile + (6 * T.Width));
        T.Store(s7, tile + (7 * T.Width));
    }
}

/// <summary>Row 0 of a stretch of the left matrix, and the stretch of the right one that belongs to it.</summary>
internal readonly unsafe struct TallSegment(float* left, float* right)
{
    public readonly float* Left = left;
    public readonly float* Right = right;
}
