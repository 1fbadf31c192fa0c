using NonLocal.Tensors.Kernels;

namespace NonLocal.Vision.Denoising;

/// <summary>
/// Patchwise sums of a tile. With weights that sum to 1 for each patch centre p, pixel x gets Σ_δ u(x + δ) Σ_p w(p, p + δ) over the
/// centres p whose patch contains x: again a box filter for each shift, now of the weights.
/// </summary>
internal static unsafe class PatchwiseMeans
{
    /// <summary>Sums of samples, to be divided by how many patches contain a pixel, or the sum of their shares.</summary>
    /// <param name="tile">With the sums of the weights of all centres and their own weights.</param>
    /// <param name="sizes">How the picture is cut.</param>
    /// <param name="weights">What gives the weights.</param>
    /// <param name="shares">How much the rows, and the columns, of a patch count; null: all 1.</param>
    public static void Add<T>(ref DenoisingTile tile, in DenoisingSizes sizes, in PatchWeights<T> weights, float* shares)
        where T : unmanaged, ISimd<T>
    {
        float* parts = tile.Weights + sizes.WeightsLength - sizes.CoreLength;
        Normalize(tile, sizes, parts);
        AddPlane<T>(tile, sizes, new(sizes.Frame, true, 0, 0, 1), parts, shares);
        foreach (ShiftRow row in ShiftRow.All(sizes))
        {
            tile.Enter(row);
            if (tile.FirstRow >= tile.EndRow)
            {
                continue;
            }

            foreach (ShiftRow shift in row.Groups(1))
            {
                weights.Compute(tile, shift, tile.FirstRow, tile.EndRow - tile.FirstRow, tile.Weights);
                Multiply<T>(tile, sizes, shift, isBackward: false, parts);
                AddPlane<T>(tile, sizes, shift, parts, shares);
                if (shift.IsPair)
                {
                    Multiply<T>(tile, sizes, shift, isBackward: true, parts);
                    AddPlane<T>(tile, sizes, shift with { Y = -shift.Y, First = -shift.First }, parts, shares);
                }
            }
        }
    }

    // Totals become 1 / total, 0 outside of the picture; the parts are those of the pixels themselves.
    private static void Normalize(in DenoisingTile tile, in DenoisingSizes sizes, float* parts)
    {
        new Span<float>(parts, sizes.CoreLength).Clear();
        for (int y = tile.CoreTop; y < tile.CoreBottom; y++)
        {
            int start = tile.CoreIndex(y, tile.CoreLeft);
            for (int i = start; i < start + tile.CoreRight - tile.CoreLeft; i++)
            {
                parts[i] = 1 / (tile.Totals[i] + tile.Largest[i]);
            }
        }

        for (int i = 0; i < sizes.CoreLength; i++)
        {
            tile.Totals[i] = parts[i];
            parts[i] *= tile.Largest[i];
        }
    }

    // The weights of centres p to p + δ, or to p − δ, as parts of 1; 0 for centres without.
    private static void Multiply<T>(in DenoisingTile tile, in DenoisingSizes sizes, in ShiftRow shift, bool isBackward, float* parts)
        where T : unmanaged, ISimd<T>
    {
        (int shiftY, int shiftX) = isBackward ? (shift.Y, shift.First) : (0, 0);
        int count = tile.CoreRight - tile.CoreLeft;
        for (int y = tile.Top - sizes.Margin; y < tile.Bottom + sizes.Margin; y++)
        {
            int index = tile.CoreIndex(y, tile.CoreLeft);
            float* row = parts + index;
            int weightsRow = y - shiftY - tile.FirstRow;
            if (y < tile.CoreTop || y >= tile.CoreBottom || weightsRow < 0 || weightsRow >= tile.EndRow - tile.FirstRow)
            {
                new Span<float>(row, count).Clear();
                continue;
            }

            float* weights = tile.Weights + (weightsRow * sizes.Stride) + tile.Column(tile.CoreLeft - shiftX);
            for (int x = 0; x < count; x += T.Width)
            {
                T.Store(T.Load(weights + x) * T.Load(tile.Totals + index + x), row + x);
            }

            new Span<float>(row + count, T.Width).Clear();
        }
    }

    // Adds what the parts, summed over the patches that contain a pixel, make of the samples shifted by δ.
    private static void AddPlane<T>(in DenoisingTile tile, in DenoisingSizes sizes, in ShiftRow shift, float* parts, float* shares)
        where T : unmanaged, ISimd<T>
    {
        int rows = tile.Bottom - tile.Top;
        int start = (tile.Column(tile.Left) - sizes.Margin) / T.Width * T.Width;
        int columns = tile.Column(tile.Right) + sizes.Margin - start;
        PatchFilter.SumColumns<T>(parts + start, sizes.Stride, rows, columns, sizes.Margin, shares);
        for (int y = 0; y < rows; y++)
        {
            float* weights = parts + (y * sizes.Stride) + tile.Column(tile.Left) - sizes.Margin;
            for (int x = 0; x < tile.Right - tile.Left; x += T.Width)
            {
                T weight = PatchFilter.SumRow<T>(weights + x, sizes.Margin, shares);
                for (int c = 0; c < sizes.Channels; c++)
                {
                    float* sum = tile.Sums + (c * sizes.CoreLength) + tile.CoreIndex(tile.Top + y, tile.Left) + x;
                    float* sample = tile.Sample(shift.Frame, c, tile.Top + y + shift.Y, tile.Left + x + shift.First);
                    T.Store(T.MultiplyAdd(weight, T.Load(sample), T.Load(sum)), sum);
                }
            }
        }
    }
}
