using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>Logarithm, hyperbolic tangent and error function of every lane, each to about two units in the last place.</summary>
internal static class VectorFunctions
{
    private const float SquareRootOfTwo = 1.41421356f;
    private const float SmallestNormal = 1.17549435e-38f;
    private const float TwoToThe23 = 8388608;

    /// <summary>ln x; −∞ for 0, NaN below 0 and for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Log<T>(T x)
        where T : unmanaged, ISimd<T>
    {
        // Subnormal numbers are lifted into the normal range first.
        T tiny = T.Broadcast(SmallestNormal);
        T normal = T.SelectGreater(tiny, x, x * T.Broadcast(TwoToThe23), x);
        T fraction = T.Split(normal, out T exponent);
        exponent = T.SelectGreater(tiny, x, exponent - T.Broadcast(23), exponent);

        // fraction in [√½, √2), so that r is small on both sides of 1.
        T split = T.Broadcast(SquareRootOfTwo);
        exponent = T.SelectGreater(fraction, split, exponent + T.Broadcast(1), exponent);
        T r = T.SelectGreater(fraction, split, fraction * T.Broadcast(0.5f), fraction) - T.Broadcast(1);
        T p = T.Broadcast(7.0376836292e-2f);
        p = T.MultiplyAdd(p, r, T.Broadcast(-1.1514610310e-1f));
        p = T.MultiplyAdd(p, r, T.Broadcast(1.1676998740e-1f));
        p = T.MultiplyAdd(p, r, T.Broadcast(-1.2420140846e-1f));
        p = T.MultiplyAdd(p, r, T.Broadcast(1.4249322787e-1f));
        p = T.MultiplyAdd(p, r, T.Broadcast(-1.6668057665e-1f));
        p = T.MultiplyAdd(p, r, T.Broadcast(2.0000714765e-1f));
        p = T.MultiplyAdd(p, r, T.Broadcast(-2.4999993993e-1f));
        p = T.MultiplyAdd(p, r, T.Broadcast(3.3333331174e-1f));
        T square = r * r;
        T y = T.MultiplyAdd(exponent, T.Broadcast(-2.12194440e-4f), p * r * square);
        y = T.MultiplyAdd(square, T.Broadcast(-0.5f), y);
        y = T.MultiplyAdd(exponent, T.Broadcast(0.693359375f), r + y);

        T infinity = T.Broadcast(float.PositiveInfinity);
        y = T.SelectEqual(x, infinity, infinity, y);
        y = T.SelectEqual(x, T.Zero, T.Zero - infinity, y);
        y = T.SelectGreater(T.Zero, x, T.Broadcast(float.NaN), y);
        return T.SelectEqual(x, x, y, x);
    }

    /// <summary>tanh x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Tanh<T>(T x)
        where T : unmanaged, ISimd<T>
    {
        T size = T.Abs(x);
        T square = x * x;
        T p = T.Broadcast(-5.70498872745e-3f);
        p = T.MultiplyAdd(p, square, T.Broadcast(2.06390887954e-2f));
        p = T.MultiplyAdd(p, square, T.Broadcast(-5.37397155531e-2f));
        p = T.MultiplyAdd(p, square, T.Broadcast(1.33314422036e-1f));
        p = T.MultiplyAdd(p, square, T.Broadcast(-3.33332819422e-1f));
        T small = T.MultiplyAdd(p * square, x, x);

        T one = T.Broadcast(1);
        T large = one - (T.Broadcast(2) / (VectorMath.Exp(size + size) + one));
        large = T.SelectGreater(T.Zero, x, T.Zero - large, large);
        return T.SelectGreater(size, T.Broadcast(0.625f), large, small);
    }

    /// <summary>The error function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Erf<T>(T x)
        where T : unmanaged, ISimd<T>
    {
        T one = T.Broadcast(1);
        T size = T.Abs(x);
        T square = x * x;
        T p = T.Broadcast(7.853861353153693e-5f);
        p = T.MultiplyAdd(p, square, T.Broadcast(-8.010193625184903e-4f));
        p = T.MultiplyAdd(p, square, T.Broadcast(5.188327685732524e-3f));
        p = T.MultiplyAdd(p, square, T.Broadcast(-2.685381193529856e-2f));
        p = T.MultiplyAdd(p, square, T.Broadcast(1.128358514861418e-1f));
        p = T.MultiplyAdd(p, square, T.Broadcast(-3.761262582423300e-1f));
        p = T.MultiplyAdd(p, square, T.Broadcast(1.128379165726710f));
        T small = p * x;

        T large = one - Complement(T.Max(size, one));
        large = T.SelectGreater(T.Zero, x, T.Zero - large, large);
        return T.SelectGreater(size, one, large, small);
    }

    // erfc(x) for x ≥ 1: e^(−x²)/x · P(1/x²), with one polynomial up to 2 and another above.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Complement<T>(T x)
        where T : unmanaged, ISimd<T>
    {
        T inverse = T.Broadcast(1) / x;
        T y = inverse * inverse;
        T near = T.Broadcast(2.326819970068386e-2f);
        near = T.MultiplyAdd(near, y, T.Broadcast(-1.387039388740657e-1f));
        near = T.MultiplyAdd(near, y, T.Broadcast(3.687424674597105e-1f));
        near = T.MultiplyAdd(near, y, T.Broadcast(-5.824733027278666e-1f));
        near = T.MultiplyAdd(near, y, T.Broadcast(6.210004621745983e-1f));
        near = T.MultiplyAdd(near, y, T.Broadcast(-4.944515323274145e-1f));
        near = T.MultiplyAdd(near, y, T.Broadcast(3.404879937665872e-1f));
        near = T.MultiplyAdd(near, y, T.Broadcast(-2.741127028184656e-1f));
        near = T.MultiplyAdd(near, y, T.Broadcast(5.638259427386472e-1f));

        T far = T.Broadcast(-1.047766399936249e+1f);
        far = T.MultiplyAdd(far, y, T.Broadcast(1.297719955372516e+1f));
        far = T.MultiplyAdd(far, y, T.Broadcast(-7.495518717768503f));
        far = T.MultiplyAdd(far, y, T.Broadcast(2.921019019210786f));
        far = T.MultiplyAdd(far, y, T.Broadcast(-1.015265279202700f));
        far = T.MultiplyAdd(far, y, T.Broadcast(4.218463358204948e-1f));
        far = T.MultiplyAdd(far, y, T.Broadcast(-2.820767439740514e-1f));
        far = T.MultiplyAdd(far, y, T.Broadcast(5.641895067754075e-1f));
        return VectorMath.Exp(T.Zero - (x * x)) * inverse * T.SelectGreater(x, T.Broadcast(2), far, near);
    }
}
