using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NonLocal.Tensors.Kernels;

/// <summary>How numbers are combined by a reduction.</summary>
internal interface IReduction
{
    /// <summary>What an empty reduction gives.</summary>
    static abstract float Start { get; }

    static abstract T Combine<T>(T a, T b)
        where T : unmanaged, ISimd<T>;

    static abstract double Combine(double a, double b);

    static abstract Vector256<double> Combine(Vector256<double> a, Vector256<double> b);

    /// <summary>All lanes of a register to one number.</summary>
    static abstract float CombineLanes<T>(T lanes)
        where T : unmanaged, ISimd<T>;
}

/// <summary>Sums.</summary>
internal readonly struct SumReduction : IReduction
{
    public static float Start => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Combine<T>(T a, T b)
        where T : unmanaged, ISimd<T> => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Combine(double a, double b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Combine(Vector256<double> a, Vector256<double> b) => a + b;

    public static float CombineLanes<T>(T lanes)
        where T : unmanaged, ISimd<T> => SimdExtensions.Sum(lanes);
}

/// <summary>Largest elements; NaN if one is.</summary>
internal readonly struct MaximumReduction : IReduction
{
    public static float Start => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Combine<T>(T a, T b)
        where T : unmanaged, ISimd<T> => T.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Combine(double a, double b) => Math.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Combine(Vector256<double> a, Vector256<double> b) => Vector256.Max(a, b);

    public static float CombineLanes<T>(T lanes)
        where T : unmanaged, ISimd<T> => SimdExtensions.Max(lanes);
}
