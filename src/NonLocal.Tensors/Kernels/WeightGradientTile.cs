using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// The innermost loop of a weight gradient without packing, for 32 registers: three taps · eight input channels · one register of output
/// channels stay in registers while the positions of some lines pass by. A number of the map is read once for the three taps.
/// </summary>
internal static unsafe class WeightGradientTile
{
    /// <summary>Input channels of a tile.</summary>
    public const int Channels = 8;

    /// <summary>Taps of a tile, one position apart.</summary>
    public const int Taps = 3;

    /// <summary>Adds Σ x[position + tap − padding, channel] · g[position, output] to the sums.</summary>
    /// <param name="lines">Lines of both maps that belong together, at the tile's first channels.</param>
    /// <param name="count">How many.</param>
    /// <param name="size">What all lines and tiles have in common.</param>
    /// <param name="sums">Tap 0 of the first channel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add<T>(LinePair* lines, int count, in WeightGradientSize size, float* sums)
        where T : unmanaged, ISimd<T>
    {
        nint inputStep = size.InputStep;
        nint gradientStep = size.GradientStep;
        int padding = size.Padding;
        int outputs = size.Outputs;
        int last = size.Inputs + padding;
        T a0 = T.Zero, a1 = T.Zero, a2 = T.Zero, a3 = T.Zero, a4 = T.Zero, a5 = T.Zero, a6 = T.Zero, a7 = T.Zero;
        T b0 = T.Zero, b1 = T.Zero, b2 = T.Zero, b3 = T.Zero, b4 = T.Zero, b5 = T.Zero, b6 = T.Zero, b7 = T.Zero;
        T c0 = T.Zero, c1 = T.Zero, c2 = T.Zero, c3 = T.Zero, c4 = T.Zero, c5 = T.Zero, c6 = T.Zero, c7 = T.Zero;
        for (int line = 0; line < count; line++)
        {
            float* x = lines[line].Input;
            float* g = lines[line].Gradient;
            T g1 = padding > 0 && padding <= outputs ? T.Load(g + ((padding - 1) * gradientStep)) : T.Zero;
            T g2 = padding > 1 && padding <= outputs + 1 ? T.Load(g + ((padding - 2) * gradientStep)) : T.Zero;
            g += padding * gradientStep;
            for (int position = padding; position < last; position++)
            {
                T g0 = position < outputs ? T.Load(g) : T.Zero;
                Spread(x[0], g0, g1, g2, ref a0, ref b0, ref c0);
                Spread(x[1], g0, g1, g2, ref a1, ref b1, ref c1);
                Spread(x[2], g0, g1, g2, ref a2, ref b2, ref c2);
                Spread(x[3], g0, g1, g2, ref a3, ref b3, ref c3);
                Spread(x[4], g0, g1, g2, ref a4, ref b4, ref c4);
                Spread(x[5], g0, g1, g2, ref a5, ref b5, ref c5);
                Spread(x[6], g0, g1, g2, ref a6, ref b6, ref c6);
                Spread(x[7], g0, g1, g2, ref a7, ref b7, ref c7);
                g2 = g1;
                g1 = g0;
                x += inputStep;
                g += gradientStep;
            }
        }

        nint step = size.ChannelStep;
        AddFour(a0, a1, a2, a3, sums, step);
        AddFour(a4, a5, a6, a7, sums + (4 * step), step);
        sums += size.TapStep;
        AddFour(b0, b1, b2, b3, sums, step);
        AddFour(b4, b5, b6, b7, sums + (4 * step), step);
        sums += size.TapStep;
        AddFour(c0, c1, c2, c3, sums, step);
        AddFour(c4, c5, c6, c7, sums + (4 * step), step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread<T>(float left, T g0, T g1, T g2, ref T tap0, ref T tap1, ref T tap2)
        where T : unmanaged, ISimd<T>
    {
        T factor = T.Broadcast(left);
        tap0 = T.MultiplyAdd(factor, g0, tap0);
        tap1 = T.MultiplyAdd(factor, g1, tap1);
        tap2 = T.MultiplyAdd(factor, g2, tap2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddFour<T>(T sum0, T sum1, T sum2, T sum3, float* to, nint step)
        where T : unmanaged, ISimd<T>
    {
        T.Store(T.Load(to) + sum0, to);
        T.Store(T.Load(to + step) + sum1, to + step);
        T.Store(T.Load(to + (2 * step)) + sum2, to + (2 * step));
        T.Store(T.Load(to + (3 * step)) + sum3, to + (3 * step));
    }
}

/// <summary>What all lines and tiles of a weight gradient have in common.</summary>
/// <param name="Inputs">Input positions of a line.</param>
/// <param name="Outputs">Output positions of a line.</param>
/// <param name="Padding">Zeros before the first input position.</param>
/// <param name="InputStep">Floats from one input position to the next.</param>
/// <param name="GradientStep">Floats from one output position to the next.</param>
/// <param name="TapStep">Floats from the sums of one tap to those of the next.</param>
/// <param name="ChannelStep">Floats from the sums of one input channel to those of the next.</param>
internal readonly record struct WeightGradientSize(
    int Inputs, int Outputs, int Padding, nint InputStep, nint GradientStep, nint TapStep, nint ChannelStep);

/// <summary>A line of the input and the line of the output's gradient whose windows reach it by the same taps.</summary>
internal readonly unsafe struct LinePair(float* input, float* gradient)
{
    public readonly float* Input = input;
    public readonly float* Gradient = gradient;
}
