using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The transforms of Winograd's F(4×4, 3×3): 4×4 outputs of a 3×3 window from 36 products instead of 144 (Lavin and Gray, "Fast
/// Algorithms for Convolutional Neural Networks", 2016). A register of channels at a time.
/// </summary>
/// <remarks>
/// The points are 0, 1, −1, ½, −2 and ∞: their error is two thirds of that of the usual 0, ±1, ±2, ∞. All factors of the input's and the
/// output's transform are exact in floats.
/// </remarks>
internal static unsafe class WinogradTransform
{
    /// <summary>Outputs of a tile along an axis.</summary>
    public const int Outputs = 4;

    /// <summary>Inputs of a tile along an axis.</summary>
    public const int Inputs = 6;

    // As far apart as addresses that share a set of the first-level cache.
    private const int PageFloats = 1024;

    /// <summary>Taps of the window along an axis.</summary>
    public const int Taps = 3;

    /// <summary>Products of a tile.</summary>
    public const int Products = Inputs * Inputs;

    /// <summary>Floats from the numbers of one factor to those of the next: those of one tile should not collide in the cache.</summary>
    /// <param name="floats">The numbers of a factor.</param>
    public static nint FactorStride(nint floats) => ((floats + PageFloats - 1) / PageFloats * PageFloats) + CachePrefetch.Line;

    /// <summary>Inputs of a tile to factors of its products.</summary>
    /// <param name="from">The first of the 6×6 inputs.</param>
    /// <param name="rowStride">Floats from one row of inputs to the next.</param>
    /// <param name="step">Floats from one input to the next.</param>
    /// <param name="to">The first factor.</param>
    /// <param name="stride">Floats from one factor to the next.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input<T>(float* from, nint rowStride, nint step, float* to, nint stride)
        where T : unmanaged, ISimd<T>
    {
        float* room = stackalloc float[(Products * 16) + CachePrefetch.Line];
        float* half = MicroKernel.Align(room);
        for (int column = 0; column < Inputs; column++)
        {
            Spread(
                T.Load(from),
                T.Load(from + rowStride),
                T.Load(from + (2 * rowStride)),
                T.Load(from + (3 * rowStride)),
                T.Load(from + (4 * rowStride)),
                T.Load(from + (5 * rowStride)),
                half + (column * T.Width),
                Inputs * T.Width);
            from += step;
        }

        for (int row = 0; row < Inputs; row++)
        {
            float* at = half + (row * Inputs * T.Width);
            Spread(
                T.Load(at),
                T.Load(at + T.Width),
                T.Load(at + (2 * T.Width)),
                T.Load(at + (3 * T.Width)),
                T.Load(at + (4 * T.Width)),
                T.Load(at + (5 * T.Width)),
                to + (row * Inputs * stride),
                stride);
        }
    }

    /// <summary>Products of a tile to its 4×4 outputs.</summary>
    /// <param name="from">The first product.</param>
    /// <param name="stride">Floats from one product to the next.</param>
    /// <param name="to">The first output.</param>
    /// <param name="rowStride">Floats from one row of outputs to the next.</param>
    /// <param name="toStride">Floats from one output to the next.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output<T>(float* from, nint stride, float* to, nint rowStride, nint toStride)
        where T : unmanaged, ISimd<T>
    {
        float* room = stackalloc float[(Outputs * Inputs * 16) + CachePrefetch.Line];
        float* half = MicroKernel.Align(room);
        for (int column = 0; column < Inputs; column++)
        {
            Gather<T>(from + (column * stride), Inputs * stride, half + (column * T.Width), Inputs * T.Width);
        }

        for (int row = 0; row < Outputs; row++)
        {
            Gather<T>(half + (row * Inputs * T.Width), T.Width, to + (row * rowStride), toStride);
        }
    }

    /// <summary>The nine taps of a window to factors of the products.</summary>
    /// <param name="from">The first tap.</param>
    /// <param name="stride">Floats from one tap to the next; negative: the window is turned round.</param>
    /// <param name="to">The first factor.</param>
    /// <param name="toStride">Floats from one factor to the next.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weight<T>(float* from, nint stride, float* to, nint toStride)
        where T : unmanaged, ISimd<T>
    {
        float* half = stackalloc float[Inputs * 3 * 16];
        for (int column = 0; column < 3; column++)
        {
            float* at = from + (column * stride);
            Evaluate(
                T.Load(at), T.Load(at + (3 * stride)), T.Load(at + (6 * stride)), half + (column * T.Width), 3 * T.Width);
        }

        for (int row = 0; row < Inputs; row++)
        {
            float* at = half + (row * 3 * T.Width);
            Evaluate(
                T.Load(at), T.Load(at + T.Width), T.Load(at + (2 * T.Width)), to + (row * Inputs * toStride), toStride);
        }
    }

    /// <summary>Gradients of a tile's 4×4 outputs to those of its products: <see cref="Output"/> transposed.</summary>
    /// <param name="from">The first of the 4×4 gradients.</param>
    /// <param name="rowStride">Floats from one row of gradients to the next.</param>
    /// <param name="step">Floats from one gradient to the next.</param>
    /// <param name="to">The first product's.</param>
    /// <param name="stride">Floats from one product to the next.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OutputGradient<T>(float* from, nint rowStride, nint step, float* to, nint stride)
        where T : unmanaged, ISimd<T>
    {
        float* room = stackalloc float[(Outputs * Inputs * 16) + CachePrefetch.Line];
        float* half = MicroKernel.Align(room);
        for (int column = 0; column < Outputs; column++)
        {
            Hand(
                T.Load(from), T.Load(from + rowStride), T.Load(from + (2 * rowStride)), T.Load(from + (3 * rowStride)),
                half + (column * T.Width), Outputs * T.Width);
            from += step;
        }

        for (int row = 0; row < Inputs; row++)
        {
            float* at = half + (row * Outputs * T.Width);
            Hand(
                T.Load(at), T.Load(at + T.Width), T.Load(at + (2 * T.Width)), T.Load(at + (3 * T.Width)),
                to + (row * Inputs * stride), stride);
        }
    }

    /// <summary>Gradients of a window's factors to those of its nine taps: <see cref="Weight"/> transposed.</summary>
    /// <param name="from">The first factor's.</param>
    /// <param name="stride">Floats from one factor to the next.</param>
    /// <param name="to">The first tap's.</param>
    /// <param name="toStride">Floats from one tap to the next.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WeightGradient<T>(float* from, nint stride, float* to, nint toStride)
        where T : unmanaged, ISimd<T>
    {
        float* half = stackalloc float[Inputs * Taps * 16];
        for (int column = 0; column < Inputs; column++)
        {
            Collect<T>(from + (column * stride), Inputs * stride, half + (column * T.Width), Inputs * T.Width);
        }

        for (int row = 0; row < Taps; row++)
        {
            Collect<T>(half + (row * Inputs * T.Width), T.Width, to + (row * Taps * toStride), toStride);
        }
    }

    /// <summary>Six inputs along an axis to the factors of its six products: the transposed interpolation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Spread<T>(T d0, T d1, T d2, T d3, T d4, T d5, float* to, nint stride)
        where T : unmanaged, ISimd<T>
    {
        T two = T.Broadcast(2);
        T minusTwo = T.Broadcast(-2);
        T three = T.Broadcast(3);
        T minusHalfThree = T.Broadcast(-1.5f);
        T a = d1 - d3;
        T b = d2 - d4;
        T.Store(T.MultiplyAdd(minusHalfThree, a, T.MultiplyAdd(minusTwo, d2, d0 + d4)), to);
        T.Store(T.MultiplyAdd(three, d3 + d4, T.MultiplyAdd(minusTwo, a, b)), to + stride);
        T.Store(T.MultiplyAdd(three, d2 - d3, two * (b - a)), to + (2 * stride));
        T.Store(T.MultiplyAdd(two, a, b), to + (3 * stride));
        T.Store(T.MultiplyAdd(minusTwo, b, a), to + (4 * stride));
        T.Store(T.MultiplyAdd(minusHalfThree, b, T.MultiplyAdd(minusTwo, d3, d1 + d5)), to + (5 * stride));
    }

    /// <summary>Six products along an axis to its four outputs: the transposed evaluation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Gather<T>(float* from, nint stride, float* to, nint toStride)
        where T : unmanaged, ISimd<T>
    {
        T m1 = T.Load(from + stride);
        T m2 = T.Load(from + (2 * stride));
        T m3 = T.Load(from + (3 * stride));
        T m4 = T.Load(from + (4 * stride));
        T sum = m1 + m2;
        T difference = m1 - m2;
        T.Store(T.Load(from) + sum + (m3 + m4), to);
        T.Store(T.MultiplyAdd(T.Broadcast(-2), m4, T.MultiplyAdd(T.Broadcast(0.5f), m3, difference)), to + toStride);
        T.Store(T.MultiplyAdd(T.Broadcast(4), m4, T.MultiplyAdd(T.Broadcast(0.25f), m3, sum)), to + (2 * toStride));
        T y3 = T.MultiplyAdd(T.Broadcast(-8), m4, T.MultiplyAdd(T.Broadcast(0.125f), m3, difference));
        T.Store(y3 + T.Load(from + (5 * stride)), to + (3 * toStride));
    }

    // The evaluation of the outputs, one axis: Gather transposed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Hand<T>(T g0, T g1, T g2, T g3, float* to, nint stride)
        where T : unmanaged, ISimd<T>
    {
        T even = g0 + g2;
        T odd = g1 + g3;
        T.Store(g0, to);
        T.Store(even + odd, to + stride);
        T.Store(even - odd, to + (2 * stride));
        T half = T.MultiplyAdd(T.Broadcast(0.25f), g2, g0);
        T.Store(T.MultiplyAdd(T.Broadcast(0.125f), g3, T.MultiplyAdd(T.Broadcast(0.5f), g1, half)), to + (3 * stride));
        T minusTwo = T.MultiplyAdd(T.Broadcast(4), g2, g0);
        T.Store(T.MultiplyAdd(T.Broadcast(-8), g3, T.MultiplyAdd(T.Broadcast(-2), g1, minusTwo)), to + (4 * stride));
        T.Store(g3, to + (5 * stride));
    }

    // The window's polynomial transposed, one axis: Evaluate transposed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Collect<T>(float* from, nint stride, float* to, nint toStride)
        where T : unmanaged, ISimd<T>
    {
        T sixth = T.Broadcast(1 / 6f);
        T one = sixth * T.Load(from + stride);
        T minusOne = sixth * T.Load(from + (2 * stride));
        T half = T.Broadcast(16 / 15f) * T.Load(from + (3 * stride));
        T minusTwo = T.Broadcast(1 / 30f) * T.Load(from + (4 * stride));
        T even = one + minusOne;
        T.Store(T.Load(from) + even + (half + minusTwo), to);
        T.Store(T.MultiplyAdd(T.Broadcast(-2), minusTwo, T.MultiplyAdd(T.Broadcast(0.5f), half, one - minusOne)), to + toStride);
        T square = T.MultiplyAdd(T.Broadcast(4), minusTwo, T.MultiplyAdd(T.Broadcast(0.25f), half, even));
        T.Store(square + T.Load(from + (5 * stride)), to + (2 * toStride));
    }

    /// <summary>Three taps along an axis to factors: their polynomial at the points, with what makes the input's transform exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Evaluate<T>(T w0, T w1, T w2, float* to, nint stride)
        where T : unmanaged, ISimd<T>
    {
        T sixth = T.Broadcast(1 / 6f);
        T even = w0 + w2;
        T.Store(w0, to);
        T.Store((even + w1) * sixth, to + stride);
        T.Store((even - w1) * sixth, to + (2 * stride));
        T half = T.MultiplyAdd(T.Broadcast(0.25f), w2, T.MultiplyAdd(T.Broadcast(0.5f), w1, w0));
        T.Store(half * T.Broadcast(16 / 15f), to + (3 * stride));
        T minusTwo = T.MultiplyAdd(T.Broadcast(4), w2, T.MultiplyAdd(T.Broadcast(-2), w1, w0));
        T.Store(minusTwo * T.Broadcast(1 / 30f), to + (4 * stride));
        T.Store(w2, to + (5 * stride));
    }
}
