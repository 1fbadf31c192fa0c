using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The innermost loops of all products: a tile of <see cref="Rows{T}"/> × <see cref="Columns{T}"/> sums that stays in registers while
/// k runs. Left panel: [k, rows]; right panel: [k, columns]; tile: [rows, columns].
/// </summary>
/// <remarks>
/// 12×32 (10×32 where that suits the rows better) for 512 bits (24 of 32 registers), 6×16 for 256 bits (12 of 16), 8×8 for 128 bits (16
/// of 32 on Arm). Fully optimised at the first call: a loop this hot must not wait for the runtime's tiers.
/// </remarks>
internal static unsafe class MicroKernel
{
    private const int FewRows = 10;
    private const int MostFewRows = 120;

    /// <summary>Room for the tile of any width.</summary>
    public const int TileFloats = 12 * 32;

    /// <summary>Room for a tile on the stack, which <see cref="Align"/> moves to the next cache line.</summary>
    public const int RoomForTile = TileFloats + CachePrefetch.Line;

    /// <summary>The first address from here on at which a cache line begins: a store across two lines takes twice as long.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* Align(float* room) =>
        (float*)(((nint)room + (CachePrefetch.Line * sizeof(float)) - 1) & -(CachePrefetch.Line * sizeof(float)));

    /// <summary>Rows of a tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Rows<T>()
        where T : unmanaged, ISimd<T> => T.Width == 16 ? 12 : T.Width == 8 ? 6 : 8;

    /// <summary>Columns of a tile: two registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Columns<T>()
        where T : unmanaged, ISimd<T> => 2 * T.Width;

    /// <summary>Rows of a tile that wastes less on a matrix of few rows: 49 are five panels of ten, not five of twelve.</summary>
    public static int RowsFor<T>(int matrixRows)
        where T : unmanaged, ISimd<T>
    {
        int usual = Rows<T>();
        return usual == 12 && matrixRows <= MostFewRows && Padded(matrixRows, FewRows) < Padded(matrixRows, usual) ? FewRows : usual;
    }

    /// <summary>tile = left · right, for panels of as many rows as <see cref="RowsFor{T}"/> says.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<T>(int panelRows, float* left, float* right, nint k, float* tile)
        where T : unmanaged, ISimd<T>
    {
        if (panelRows == FewRows)
        {
            Rows10<T>(left, right, k, tile);
        }
        else
        {
            Run<T>(left, right, k, tile);
        }
    }

    /// <summary>tile = left · right.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<T>(float* left, float* right, nint k, float* tile)
        where T : unmanaged, ISimd<T>
    {
        if (T.Width == 16)
        {
            Rows12<T>(left, right, k, tile);
        }
        else if (T.Width == 8)
        {
            Rows6<T>(left, right, k, tile);
        }
        else
        {
            Rows8<T>(left, right, k, tile);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12<T>(float* left, float* right, nint k, float* tile)
        where T : unmanaged, ISimd<T>
    {
        T a0 = T.Zero, a1 = T.Zero, b0 = T.Zero, b1 = T.Zero, c0 = T.Zero, c1 = T.Zero, d0 = T.Zero, d1 = T.Zero;
        T e0 = T.Zero, e1 = T.Zero, f0 = T.Zero, f1 = T.Zero, g0 = T.Zero, g1 = T.Zero, h0 = T.Zero, h1 = T.Zero;
        T i0 = T.Zero, i1 = T.Zero, j0 = T.Zero, j1 = T.Zero, k0 = T.Zero, k1 = T.Zero, l0 = T.Zero, l1 = T.Zero;
        float* end = left + (12 * k);
        while (left < end)
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
            Row(left[8], r0, r1, ref i0, ref i1);
            Row(left[9], r0, r1, ref j0, ref j1);
            Row(left[10], r0, r1, ref k0, ref k1);
            Row(left[11], r0, r1, ref l0, ref l1);
            left += 12;
            right += 2 * T.Width;
        }

        Store(a0, a1, 0, tile);
        Store(b0, b1, 1, tile);
        Store(c0, c1, 2, tile);
        Store(d0, d1, 3, tile);
        Store(e0, e1, 4, tile);
        Store(f0, f1, 5, tile);
        Store(g0, g1, 6, tile);
        Store(h0, h1, 7, tile);
        Store(i0, i1, 8, tile);
        Store(j0, j1, 9, tile);
        Store(k0, k1, 10, tile);
        Store(l0, l1, 11, tile);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows10<T>(float* left, float* right, nint k, float* tile)
        where T : unmanaged, ISimd<T>
    {
        T a0 = T.Zero, a1 = T.Zero, b0 = T.Zero, b1 = T.Zero, c0 = T.Zero, c1 = T.Zero, d0 = T.Zero, d1 = T.Zero, e0 = T.Zero, e1 = T.Zero;
        T f0 = T.Zero, f1 = T.Zero, g0 = T.Zero, g1 = T.Zero, h0 = T.Zero, h1 = T.Zero, i0 = T.Zero, i1 = T.Zero, j0 = T.Zero, j1 = T.Zero;
        float* end = left + (10 * k);
        while (left < end)
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
            Row(left[8], r0, r1, ref i0, ref i1);
            Row(left[9], r0, r1, ref j0, ref j1);
            left += 10;
            right += 2 * T.Width;
        }

        Store(a0, a1, 0, tile);
        Store(b0, b1, 1, tile);
        Store(c0, c1, 2, tile);
        Store(d0, d1, 3, tile);
        Store(e0, e1, 4, tile);
        Store(f0, f1, 5, tile);
        Store(g0, g1, 6, tile);
        Store(h0, h1, 7, tile);
        Store(i0, i1, 8, tile);
        Store(j0, j1, 9, tile);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8<T>(float* left, float* right, nint k, float* tile)
        where T : unmanaged, ISimd<T>
    {
        T a0 = T.Zero, a1 = T.Zero, b0 = T.Zero, b1 = T.Zero, c0 = T.Zero, c1 = T.Zero, d0 = T.Zero, d1 = T.Zero;
        T e0 = T.Zero, e1 = T.Zero, f0 = T.Zero, f1 = T.Zero, g0 = T.Zero, g1 = T.Zero, h0 = T.Zero, h1 = T.Zero;
        float* end = left + (8 * k);
        while (left < end)
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
            left += 8;
            right += 2 * T.Width;
        }

        Store(a0, a1, 0, tile);
        Store(b0, b1, 1, tile);
        Store(c0, c1, 2, tile);
        Store(d0, d1, 3, tile);
        Store(e0, e1, 4, tile);
        Store(f0, f1, 5, tile);
        Store(g0, g1, 6, tile);
        Store(h0, h1, 7, tile);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6<T>(float* left, float* right, nint k, float* tile)
        where T : unmanaged, ISimd<T>
    {
        T a0 = T.Zero, a1 = T.Zero, b0 = T.Zero, b1 = T.Zero, c0 = T.Zero, c1 = T.Zero;
        T d0 = T.Zero, d1 = T.Zero, e0 = T.Zero, e1 = T.Zero, f0 = T.Zero, f1 = T.Zero;
        float* end = left + (6 * k);
        while (left < end)
        {
            T r0 = T.Load(right);
            T r1 = T.Load(right + T.Width);
            Row(left[0], r0, r1, ref a0, ref a1);
            Row(left[1], r0, r1, ref b0, ref b1);
            Row(left[2], r0, r1, ref c0, ref c1);
            Row(left[3], r0, r1, ref d0, ref d1);
            Row(left[4], r0, r1, ref e0, ref e1);
            Row(left[5], r0, r1, ref f0, ref f1);
            left += 6;
            right += 2 * T.Width;
        }

        Store(a0, a1, 0, tile);
        Store(b0, b1, 1, tile);
        Store(c0, c1, 2, tile);
        Store(d0, d1, 3, tile);
        Store(e0, e1, 4, tile);
        Store(f0, f1, 5, tile);
    }

    private static int Padded(int rows, int panel) => (rows + panel - 1) / panel * panel;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Row<T>(float left, T r0, T r1, ref T sum0, ref T sum1)
        where T : unmanaged, ISimd<T>
    {
        T factor = T.Broadcast(left);
        sum0 = T.MultiplyAdd(factor, r0, sum0);
        sum1 = T.MultiplyAdd(factor, r1, sum1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(T sum0, T sum1, int row, float* tile)
        where T : unmanaged, ISimd<T>
    {
        T.Store(sum0, tile + (row * 2 * T.Width));
        T.Store(sum1, tile + (((row * 2) + 1) * T.Width));
    }
}
