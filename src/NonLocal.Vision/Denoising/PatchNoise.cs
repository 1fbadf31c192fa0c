using NonLocal.Tensors.Kernels;

namespace NonLocal.Vision.Denoising;

/// <summary>
/// How much noise there is in every patch of a tile's window, where it is clipped: by the patch's mean in each channel, added over the
/// channels.
/// </summary>
internal static unsafe class PatchNoise
{
    /// <summary>Fills the window's last plane, at the place of a patch's first pixel.</summary>
    /// <param name="tile">With its window.</param>
    /// <param name="sizes">How the picture is cut.</param>
    /// <param name="clipping">The noise.</param>
    /// <param name="taps">Weights of a patch's rows, and of its columns; null: all alike, and each counts 1 in a sum of squares.</param>
    public static void Fill<T>(in DenoisingTile tile, in DenoisingSizes sizes, in ClippedNoiseTable clipping, float* taps)
        where T : unmanaged, ISimd<T>
    {
        int side = (2 * sizes.Patch) + 1;
        float toMean = taps == null ? 1f / (side * side) : 1;
        float toSum = taps == null ? side * side : 1f / sizes.Channels;
        int rows = sizes.WindowRows - (2 * sizes.Patch);
        for (int plane = 0; plane < sizes.Frames * sizes.Channels; plane++)
        {
            (int frame, int channel) = (plane / sizes.Channels, plane % sizes.Channels);
            for (int top = 0; top < rows; top += DenoisingSizes.BlockRows)
            {
                int count = Math.Min(DenoisingSizes.BlockRows, rows - top);
                float* samples = tile.Plane(frame, channel) + (top * sizes.WindowStride);
                Sum<T>(samples, count, sizes, taps, tile.Weights);
                float* noise = tile.Plane(frame, sizes.Channels) + (top * sizes.WindowStride);
                for (int i = 0; i < count * sizes.WindowStride; i++)
                {
                    float variance = toSum * clipping.Variance(toMean * tile.Weights[i]);
                    noise[i] = channel == 0 ? variance : noise[i] + variance;
                }
            }
        }
    }

    // Sums over the patches whose first rows are some of the window's; what ends beyond it is no patch and never read.
    private static void Sum<T>(float* samples, int rows, in DenoisingSizes sizes, float* taps, float* sums)
        where T : unmanaged, ISimd<T>
    {
        int stride = sizes.WindowStride;
        new Span<float>(samples, (rows + (2 * sizes.Patch)) * stride).CopyTo(new(sums, (rows + (2 * sizes.Patch)) * stride));
        PatchFilter.SumColumns<T>(sums, stride, rows, stride, sizes.Patch, taps);
        for (int x = 0; x < rows * stride; x += T.Width)
        {
            T.Store(PatchFilter.SumRow<T>(sums + x, sizes.Patch, taps), sums + x);
        }
    }
}
