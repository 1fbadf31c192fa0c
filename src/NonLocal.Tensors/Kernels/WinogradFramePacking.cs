using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>Transforms a weight of 3×1×1 and packs every factor's matrix for <see cref="WinogradFrames"/>.</summary>
internal unsafe struct WinogradFramePacking : IParallelJob
{
    private const int Factors = WinogradTransform.Inputs;
    private const int ChannelsOfPart = 16;

    /// <summary>[3, channels, columns], or transposed [3, columns, channels].</summary>
    public float* Weight;

    public int Channels;
    public int Columns;

    /// <summary>For the input gradient: channels are the weight's outputs, and the taps are turned round.</summary>
    public bool Transposed;

    /// <summary>Size: <see cref="WinogradFrames.PackedFloats"/>.</summary>
    public float* Packed;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => Channels / ChannelsOfPart;

    public readonly void Execute(int index, int worker)
    {
        if (SimdWidth.Is512)
        {
            Execute<Simd512>(index * ChannelsOfPart);
        }
        else if (SimdWidth.Is256)
        {
            Execute<Simd256>(index * ChannelsOfPart);
        }
        else
        {
            Execute<Simd128>(index * ChannelsOfPart);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int first)
        where T : unmanaged, ISimd<T>
    {
        for (int column = 0; column < Columns; column += T.Width)
        {
            // Panels [channels, two registers].
            int panel = column / (2 * T.Width);
            float* to = Packed + ((((nint)panel * Channels) + first) * 2 * T.Width) + (column % (2 * T.Width));
            if (Transposed)
            {
                TransformTransposed<T>(first, column, to);
            }
            else
            {
                Transform<T>(first, column, to);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Transform<T>(int first, int column, float* to)
        where T : unmanaged, ISimd<T>
    {
        nint tap = (nint)Channels * Columns;
        nint stride = (nint)MatrixProduct.PackedFloats(Channels, Columns);
        for (int channel = first; channel < first + ChannelsOfPart; channel++, to += 2 * T.Width)
        {
            float* from = Weight + ((nint)channel * Columns) + column;
            WinogradTransform.Evaluate(T.Load(from), T.Load(from + tap), T.Load(from + (2 * tap)), to, stride);
        }
    }

    // Registers of channels, whose lanes go to rows of the panel.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void TransformTransposed<T>(int first, int column, float* to)
        where T : unmanaged, ISimd<T>
    {
        float* factors = stackalloc float[Factors * 16];
        nint tap = (nint)Channels * Columns;
        nint stride = (nint)MatrixProduct.PackedFloats(Channels, Columns);
        for (int i = 0; i < T.Width; i++, to++)
        {
            float* from = Weight + (((nint)column + i) * Channels) + first;
            for (int channel = 0; channel < ChannelsOfPart; channel += T.Width, from += T.Width)
            {
                WinogradTransform.Evaluate(T.Load(from + (2 * tap)), T.Load(from + tap), T.Load(from), factors, T.Width);
                for (int factor = 0; factor < Factors; factor++)
                {
                    for (int lane = 0; lane < T.Width; lane++)
                    {
                        to[(factor * stride) + ((channel + lane) * 2 * T.Width)] = factors[(factor * T.Width) + lane];
                    }
                }
            }
        }
    }
}
