using NonLocal.Tensors.Kernels;

namespace NonLocal.Vision.Denoising;

/// <summary>Weighted sums of single pixels, and the sums and largest of the weights, over all shifts of a tile.</summary>
internal static unsafe class PixelwiseMeans
{
    /// <summary>The sums of weights and the largest; with <paramref name="withSamples"/> also the weighted sums of samples.</summary>
    public static void Add<T>(ref DenoisingTile<T> tile, in DenoisingSizes sizes, bool withSamples)
        where T : unmanaged, ISimd<T>
    {
        int channels = withSamples ? sizes.Channels : 0;
        new Span<float>(tile.Sums, sizes.Channels * sizes.CoreLength).Clear();
        new Span<float>(tile.Totals, 2 * sizes.CoreLength).Clear();
        foreach (Shift shift in Shifts(sizes.Search))
        {
            tile.Enter(shift);
            for (int y = tile.FirstRow; y < tile.EndRow; y++)
            {
                tile.ComputeWeights(y);
                if (y >= tile.CoreTop)
                {
                    int first = Math.Max(tile.FirstColumn, tile.CoreLeft);
                    int count = Math.Min(tile.EndColumn, tile.CoreRight) - first;
                    AddRow(tile, sizes, channels, first - tile.FirstColumn, (y, first), (y + shift.Y, first + shift.X), count);
                }

                if (y + shift.Y < tile.CoreBottom)
                {
                    int first = Math.Max(tile.FirstColumn, tile.CoreLeft - shift.X);
                    int count = Math.Min(tile.EndColumn, tile.CoreRight - shift.X) - first;
                    AddRow(tile, sizes, channels, first - tile.FirstColumn, (y + shift.Y, first + shift.X), (y, first), count);
                }
            }
        }
    }

    /// <summary>Half of the shifts of a window, so that each or its opposite is there, in a fixed order.</summary>
    public static IEnumerable<Shift> Shifts(int radius)
    {
        for (int y = 0; y <= radius; y++)
        {
            for (int x = y == 0 ? 1 : -radius; x <= radius; x++)
            {
                yield return new(y, x);
            }
        }
    }

    // The sums at `to` take the samples at `from`, with the weights that begin at `weight`.
    private static void AddRow<T>(
        in DenoisingTile<T> tile, in DenoisingSizes sizes, int channels, int weight, (int Y, int X) to, (int Y, int X) from, int count)
        where T : unmanaged, ISimd<T>
    {
        float* weights = tile.Weights + weight;
        int index = tile.CoreIndex(to.Y, to.X);
        float* totals = tile.Totals + index;
        float* largest = tile.Largest + index;
        for (int x = 0; x < count; x += T.Width)
        {
            T w = T.Load(weights + x);
            T.Store(T.Load(totals + x) + w, totals + x);
            T.Store(T.MaxNative(T.Load(largest + x), w), largest + x);
        }

        for (int c = 0; c < channels; c++)
        {
            float* sums = tile.Sums + (c * sizes.CoreLength) + index;
            float* samples = tile.Sample(c, from.Y, from.X);
            for (int x = 0; x < count; x += T.Width)
            {
                T.Store(T.MultiplyAdd(T.Load(weights + x), T.Load(samples + x), T.Load(sums + x)), sums + x);
            }
        }
    }
}
