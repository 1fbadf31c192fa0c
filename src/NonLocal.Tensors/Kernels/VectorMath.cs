using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Functions of every lane. The same operations in every lane and at every width, so the place of a number never changes its result.
/// </summary>
internal static class VectorMath
{
    /// <summary>Below it eˣ is no normal number.</summary>
    public const float ExpIsSubnormal = -87.33654f;

    private const float Log2E = 1.44269504088896341f;

    // ln 2 in two parts: the first has few enough bits that whole multiples of it are exact.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;
    private const float ExpOverflows = 88.72284f;
    private const float ExpVanishes = -103.97208f;

    /// <summary>eˣ to about one unit in the last place; +∞ above 88.72, 0 below −103.97, NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x)
        where T : unmanaged, ISimd<T>
    {
        T clamped = T.MinNative(T.MaxNative(x, T.Broadcast(ExpVanishes)), T.Broadcast(ExpOverflows));
        T y = ExpOfRemainder(clamped, out T n);

        // Two steps, because 2^128 and 2^−150 are no normal numbers themselves.
        T half = T.Round(n * T.Broadcast(0.5f));
        y = T.ScaleByPowerOfTwo(T.ScaleByPowerOfTwo(y, half), n - half);
        y = T.SelectGreater(x, T.Broadcast(ExpOverflows), T.Broadcast(float.PositiveInfinity), y);
        y = T.SelectGreater(T.Broadcast(ExpVanishes), x, T.Zero, y);
        return T.SelectEqual(x, x, y, x);
    }

    /// <summary>
    /// eˣ for x up to about 0, as softmax needs it: 0 below −87.33 (where results stop being normal numbers), NaN for NaN. About half
    /// the work of <see cref="Exp"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ExpOfNonPositive<T>(T x)
        where T : unmanaged, ISimd<T>
    {
        // Far below the limit the power overflows into nonsense, which the selection throws away.
        T y = ExpOfRemainder(x, out T n);
        return T.SelectGreater(T.Broadcast(ExpIsSubnormal), x, T.Zero, T.ScaleByPowerOfTwo(y, n));
    }

    /// <summary>
    /// 2ˣ for x up to about 0, to about one unit in the last place: 0 below −126, where results stop being normal numbers. Less work than
    /// eˣ, because the remainder of x is exact; a factor of log₂e fits into what x is scaled by anyway.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T PowerOfTwoOfNonPositive<T>(T x)
        where T : unmanaged, ISimd<T>
    {
        T n = T.Round(x);
        T r = x - n;
        T p = T.Broadcast(1.535336188319500e-4f);
        p = T.MultiplyAdd(p, r, T.Broadcast(1.339887440266574e-3f));
        p = T.MultiplyAdd(p, r, T.Broadcast(9.618437357674640e-3f));
        p = T.MultiplyAdd(p, r, T.Broadcast(5.550332471162809e-2f));
        p = T.MultiplyAdd(p, r, T.Broadcast(2.402264791363012e-1f));
        p = T.MultiplyAdd(p, r, T.Broadcast(6.931472028550421e-1f));
        p = T.MultiplyAdd(p, r, T.Broadcast(1));

        // Far below the limit the power overflows into nonsense, which the selection throws away.
        return T.SelectGreater(T.Broadcast(-126), x, T.Zero, T.ScaleByPowerOfTwo(p, n));
    }

    /// <summary>1/(1+e⁻ˣ).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sigmoid<T>(T x)
        where T : unmanaged, ISimd<T> => T.Broadcast(1) / (T.Broadcast(1) + Exp(T.Zero - x));

    // eˣ = y · 2ⁿ with whole n.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T ExpOfRemainder<T>(T x, out T n)
        where T : unmanaged, ISimd<T>
    {
        n = T.Round(x * T.Broadcast(Log2E));
        T r = T.MultiplyAdd(n, T.Broadcast(-Ln2High), x);
        r = T.MultiplyAdd(n, T.Broadcast(-Ln2Low), r);
        T p = T.Broadcast(1.9875691500e-4f);
        p = T.MultiplyAdd(p, r, T.Broadcast(1.3981999507e-3f));
        p = T.MultiplyAdd(p, r, T.Broadcast(8.3334519073e-3f));
        p = T.MultiplyAdd(p, r, T.Broadcast(4.1665795894e-2f));
        p = T.MultiplyAdd(p, r, T.Broadcast(1.6666665459e-1f));
        p = T.MultiplyAdd(p, r, T.Broadcast(5.0000001201e-1f));
        return T.MultiplyAdd(p, r * r, r) + T.Broadcast(1);
    }
}
