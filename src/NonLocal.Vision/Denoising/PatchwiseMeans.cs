using NonLocal.Tensors.Kernels;

namespace NonLocal.Vision.Denoising;

/// <summary>
/// Patchwise sums of a tile. With weights that sum to 1 for each patch centre p, pixel x gets Σ_δ u(x + δ) Σ_p w(p, p + δ) over the
/// centres p whose patch contains x: again a box filter for each shift, now of the weights.
/// </summary>
internal static unsafe class PatchwiseMeans
{
    /// <summary>Sums of samples, to be divided by how many patches contain a pixel.</summary>
    /// <param name="tile">With the sums of the weights of all centres and their own weights, which become parts of 1.</param>
    /// <param name="sizes">How the picture is cut.</param>
    public static void Add<T>(ref DenoisingTile<T> tile, in DenoisingSizes sizes)
        where T : unmanaged, ISimd<T>
    {
        Normalize(tile, sizes);
        AddSelf(tile, sizes);
        foreach (Shift shift in PixelwiseMeans.Shifts(sizes.Search))
        {
            tile.Enter(shift);
            Clear(tile, sizes);
            for (int y = tile.FirstRow; y < tile.EndRow; y++)
            {
                tile.ComputeWeights(y);
                if (y >= tile.CoreTop)
                {
                    int first = Math.Max(tile.FirstColumn, tile.CoreLeft);
                    int count = Math.Min(tile.EndColumn, tile.CoreRight) - first;
                    FilterRow(tile, sizes, tile.ForwardRow, tile.ForwardPlane, first - tile.FirstColumn, y, first, count);
                }

                if (y + shift.Y < tile.CoreBottom)
                {
                    int first = Math.Max(tile.FirstColumn, tile.CoreLeft - shift.X);
                    int count = Math.Min(tile.EndColumn, tile.CoreRight - shift.X) - first;
                    FilterRow(
                        tile, sizes, tile.BackwardRow, tile.BackwardPlane, first - tile.FirstColumn, y + shift.Y, first + shift.X, count);
                }
            }

            AddPlane(tile, sizes, tile.ForwardPlane, shift.Y, shift.X);
            AddPlane(tile, sizes, tile.BackwardPlane, -shift.Y, -shift.X);
        }
    }

    // Totals become 1 / total, own weights become parts of 1; both 0 outside of the picture.
    private static void Normalize<T>(in DenoisingTile<T> tile, in DenoisingSizes sizes)
        where T : unmanaged, ISimd<T>
    {
        float* inverse = tile.ForwardPlane;
        float* own = tile.BackwardPlane;
        new Span<float>(inverse, 2 * sizes.CoreLength).Clear();
        for (int y = tile.CoreTop; y < tile.CoreBottom; y++)
        {
            int start = tile.CoreIndex(y, tile.CoreLeft);
            for (int i = start; i < start + tile.CoreRight - tile.CoreLeft; i++)
            {
                inverse[i] = 1 / (tile.Totals[i] + tile.Largest[i]);
                own[i] = tile.Largest[i] * inverse[i];
            }
        }

        new ReadOnlySpan<float>(inverse, 2 * sizes.CoreLength).CopyTo(new Span<float>(tile.Totals, 2 * sizes.CoreLength));
    }

    private static void AddSelf<T>(in DenoisingTile<T> tile, in DenoisingSizes sizes)
        where T : unmanaged, ISimd<T>
    {
        for (int y = 0; y < sizes.CoreRows; y++)
        {
            FilterLine<T>(sizes, tile.Largest + (y * sizes.CoreStride), tile.ForwardPlane + (y * sizes.CoreStride));
        }

        AddPlane(tile, sizes, tile.ForwardPlane, 0, 0);
    }

    private static void Clear<T>(in DenoisingTile<T> tile, in DenoisingSizes sizes)
        where T : unmanaged, ISimd<T>
    {
        new Span<float>(tile.ForwardPlane, 2 * sizes.CoreLength).Clear();
        new Span<float>(tile.ForwardRow, 2 * sizes.DifferenceStride).Clear();
    }

    // The weights of centres (y, first …), as parts of 1, filtered along their row.
    private static void FilterRow<T>(
        in DenoisingTile<T> tile, in DenoisingSizes sizes, float* row, float* plane, int weight, int y, int first, int count)
        where T : unmanaged, ISimd<T>
    {
        float* weights = tile.Weights + weight;
        float* inverse = tile.Totals + tile.CoreIndex(y, first);
        float* parts = row + (first - tile.Left + sizes.Margin);
        for (int x = 0; x < count; x += T.Width)
        {
            T.Store(T.Load(weights + x) * T.Load(inverse + x), parts + x);
        }

        FilterLine<T>(sizes, row, plane + ((y - tile.Top + sizes.Margin) * sizes.CoreStride));
    }

    // Sums over the columns of a patch, for the columns of the tile.
    private static void FilterLine<T>(in DenoisingSizes sizes, float* line, float* filtered)
        where T : unmanaged, ISimd<T>
    {
        for (int x = 0; x < DenoisingSizes.TileWidth; x += T.Width)
        {
            T sum = T.Zero;
            for (int i = 0; i <= 2 * sizes.Margin; i++)
            {
                sum += T.Load(line + x + i);
            }

            T.Store(sum, filtered + x);
        }
    }

    private static void AddPlane<T>(in DenoisingTile<T> tile, in DenoisingSizes sizes, float* plane, int shiftY, int shiftX)
        where T : unmanaged, ISimd<T>
    {
        for (int y = tile.Top; y < tile.Bottom; y++)
        {
            float* first = plane + ((y - tile.Top) * sizes.CoreStride);
            for (int x = 0; x < tile.Right - tile.Left; x += T.Width)
            {
                T weight = T.Zero;
                for (int i = 0; i <= 2 * sizes.Margin; i++)
                {
                    weight += T.Load(first + (i * sizes.CoreStride) + x);
                }

                for (int c = 0; c < sizes.Channels; c++)
                {
                    float* sum = tile.Sums + (c * sizes.CoreLength) + tile.CoreIndex(y, tile.Left) + x;
                    T.Store(T.MultiplyAdd(weight, T.Load(tile.Sample(c, y + shiftY, tile.Left + x + shiftX)), T.Load(sum)), sum);
                }
            }
        }
    }
}
