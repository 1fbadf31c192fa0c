using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Transforms a 3×3 weight, or one for each frame of a window, and packs every factor's matrix for <see cref="WinogradConvolution"/>. A
/// part makes some channels of a panel near by and copies them to the 36 places, which lie far apart.
/// </summary>
internal unsafe struct WinogradPacking : IParallelJob
{
    private const int Products = WinogradTransform.Products;
    private const int Taps = WinogradTransform.Taps * WinogradTransform.Taps;
    private const int ChannelsOfPart = 16;
    private const int MostFloats = Products * ChannelsOfPart * 32;

    /// <summary>[frames, 9, channels, columns], or transposed [frames, 9, columns, channels].</summary>
    public float* Weight;

    /// <summary>Frames of the window.</summary>
    public int Frames;

    public int Channels;
    public int Columns;

    /// <summary>For the input gradient: channels are the weight's outputs, and the taps and frames are turned round.</summary>
    public bool Transposed;

    /// <summary>Size: <see cref="WinogradConvolution.PackedFloats"/>.</summary>
    public float* Packed;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => (Columns + PanelColumns - 1) / PanelColumns * PartsOfPanel;

    private readonly int PartsOfPanel => Frames * (Channels / ChannelsOfPart);

    private static int PanelColumns => SimdWidth.Bits / 16;

    public readonly void Execute(int index, int worker)
    {
        int column = index / PartsOfPanel * PanelColumns;
        int inner = index % PartsOfPanel * ChannelsOfPart;
        if (SimdWidth.Is512)
        {
            Execute<Simd512>(inner, column);
        }
        else if (SimdWidth.Is256)
        {
            Execute<Simd256>(inner, column);
        }
        else
        {
            Execute<Simd128>(inner, column);
        }
    }

    // Some rows of a panel [frames · channels, two registers].
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Execute<T>(int inner, int column)
        where T : unmanaged, ISimd<T>
    {
        float* room = stackalloc float[MostFloats + CachePrefetch.Line];
        float* near = MicroKernel.Align(room);
        int width = 2 * T.Width;
        int filled = Math.Min(width, Columns - column);
        int frame = inner / Channels;
        if (filled < width)
        {
            new Span<float>(near, MostFloats).Clear();
        }

        if (Transposed)
        {
            TransformTransposed<T>(Frame(Frames - 1 - frame), inner % Channels, column, filled, near);
        }
        else
        {
            Transform<T>(Frame(frame), inner % Channels, column, filled, near);
        }

        nint rows = (nint)Frames * Channels;
        nint stride = (nint)MatrixProduct.PackedFloats((int)rows, Columns);
        float* to = Packed + (column * rows) + ((nint)inner * width);
        int floats = ChannelsOfPart * width;
        for (int factor = 0; factor < Products; factor++)
        {
            new ReadOnlySpan<float>(near + (factor * floats), floats).CopyTo(new Span<float>(to + (factor * stride), floats));
        }
    }

    private readonly float* Frame(int frame) => Weight + ((nint)frame * Taps * Channels * Columns);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Transform<T>(float* weight, int first, int column, int filled, float* near)
        where T : unmanaged, ISimd<T>
    {
        int width = 2 * T.Width;
        for (int channel = 0; channel < ChannelsOfPart; channel++)
        {
            float* from = weight + (((nint)first + channel) * Columns) + column;
            for (int half = 0; half < filled; half += T.Width)
            {
                WinogradTransform.Weight<T>(
                    from + half, (nint)Channels * Columns, near + (channel * width) + half, ChannelsOfPart * width);
            }
        }
    }

    // Registers of channels, whose lanes go to rows of the panel.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void TransformTransposed<T>(float* weight, int first, int column, int filled, float* near)
        where T : unmanaged, ISimd<T>
    {
        int width = 2 * T.Width;
        nint taps = (nint)Channels * Columns;
        float* factors = stackalloc float[Products * 16];
        for (int i = 0; i < filled; i++)
        {
            float* from = weight + ((Taps - 1) * taps) + (((nint)column + i) * Channels) + first;
            for (int channel = 0; channel < ChannelsOfPart; channel += T.Width)
            {
                WinogradTransform.Weight<T>(from + channel, -taps, factors, T.Width);
                float* to = near + (channel * width) + i;
                for (int factor = 0; factor < Products; factor++)
                {
                    for (int lane = 0; lane < T.Width; lane++)
                    {
                        to[lane * width] = factors[(factor * T.Width) + lane];
                    }

                    to += ChannelsOfPart * width;
                }
            }
        }
    }
}
