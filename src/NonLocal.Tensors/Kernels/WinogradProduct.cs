using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>The products of one factor of <see cref="WinogradTransform"/>: eight tiles times a panel of its matrix.</summary>
internal static unsafe class WinogradProduct
{
    /// <summary>Tiles of a register tile.</summary>
    public const int Rows = 8;

    /// <summary>to [8, columns of the panel] = rows · panel, summed over segments.</summary>
    /// <param name="segments">Row 0 of each segment, and the panel [channels, two registers] that belongs to it.</param>
    /// <param name="count">How many segments.</param>
    /// <param name="rowStride">Floats from one row to the next.</param>
    /// <param name="channels">Length of a segment.</param>
    /// <param name="columns">Columns of the panel: two registers, or sixteen.</param>
    /// <param name="to">The first product.</param>
    /// <param name="toStride">Floats from the products of one row to those of the next.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(
        TallSegment* segments, int count, nint rowStride, int channels, int columns, float* to, nint toStride)
        where T : unmanaged, ISimd<T>
    {
        if (T.Width == 16 && columns == 2 * T.Width)
        {
            ConvolutionTile.TwoRegisters<T>(segments, count, rowStride, 2 * T.Width, channels, to, toStride);
            return;
        }

        if (T.Width == 16)
        {
            // One register as two of half the width: a factor is spread over them twice as fast.
            ConvolutionTile.TwoRegisters<Simd256>(segments, count, rowStride, 2 * T.Width, channels, to, toStride);
            return;
        }

        float* tile = stackalloc float[TallKernel.TileFloats];
        for (int half = 0; half < 2 * T.Width; half += T.Width)
        {
            TallKernel.Run<T>(segments, count, rowStride, 1, Rows, 2 * T.Width, channels, tile);
            for (int i = 0; i < Rows; i++)
            {
                T.Store(T.Load(tile + (i * T.Width)), to + (i * toStride) + half);
            }

            for (int i = 0; i < count; i++)
            {
                segments[i] = new TallSegment(segments[i].Left, segments[i].Right + T.Width);
            }
        }
    }
}
