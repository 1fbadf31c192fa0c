using NonLocal.Tensors.Kernels;

namespace NonLocal.Vision.Denoising;

/// <summary>The weights of one shift: squared differences of shifted pictures, summed over patches down columns, then along rows.</summary>
internal unsafe struct PatchWeights<T>
    where T : unmanaged, ISimd<T>
{
    private readonly DenoisingSizes sizes;
    private readonly float* taps;
    private readonly float noise;
    private readonly float scale;

    /// <summary>For some options.</summary>
    /// <param name="sizes">How the picture is cut.</param>
    /// <param name="taps">Weights of a patch's rows, and of its columns; null: all 1.</param>
    /// <param name="noise">
    /// 2σ², as much as it is in a sum of a patch's weighted squares over all channels; not used where noise depends on the patch.
    /// </param>
    /// <param name="scale">−1/h², for such a sum and as an exponent of 2.</param>
    public PatchWeights(in DenoisingSizes sizes, float* taps, float noise, float scale)
    {
        this.sizes = sizes;
        this.taps = taps;
        this.noise = noise;
        this.scale = scale;
    }

    /// <summary>
    /// Weights w(p, p + δ) of some rows of pixels p. Where p or p + δ lies outside of the picture they are 0, in all columns of patch
    /// centres that matter and, of a pair, of centres less δ.
    /// </summary>
    /// <param name="tile">After <see cref="DenoisingTile.Enter"/>.</param>
    /// <param name="shifts">One shift.</param>
    /// <param name="top">The first row.</param>
    /// <param name="rows">How many.</param>
    /// <param name="weights">
    /// [rows, <see cref="DenoisingSizes.Stride"/>] by <see cref="DenoisingTile.Column"/>, and space for 2f + 3 rows more.
    /// </param>
    public readonly void Compute(in DenoisingTile tile, in ShiftRow shifts, int top, int rows, float* weights)
    {
        int shift = shifts.First;
        int left = tile.CoreLeft - (shifts.IsPair ? Math.Max(shift, 0) : 0);
        int right = tile.CoreRight - (shifts.IsPair ? Math.Min(shift, 0) : 0);
        int first = Math.Min(Math.Max(left, Math.Max(0, -shift)), right);
        int end = Math.Max(Math.Min(right, Math.Min(sizes.Width, sizes.Width - shift)), first);
        if (first < end)
        {
            int start = tile.Column(first) / T.Width * T.Width;
            int columns = tile.Column(end) - start;
            (int y, int x) = (top - sizes.Patch, start - tile.Column(0) - sizes.Patch);
            float* here = tile.Sample(sizes.Frame, 0, y, x);
            float* there = tile.Sample(shifts.Frame, 0, y + shifts.Y, x + shift);
            SquareDifferences(here, there, weights + start, rows + (2 * sizes.Patch), columns + (2 * sizes.Patch));
            PatchFilter.SumColumns<T>(weights + start, sizes.Stride, rows, columns + (2 * sizes.Patch), sizes.Patch, taps);
            if (sizes.IsClipped)
            {
                int noisePlane = sizes.Channels * sizes.WindowLength;
                Exponentiate(weights + start, rows, columns, here + noisePlane, there + noisePlane);
            }
            else
            {
                Exponentiate(weights + start, rows, columns);
            }
        }

        ClearColumns(weights, rows, tile.Column(left), first - left);
        ClearColumns(weights, rows, tile.Column(end), right - end);
    }

    // The sums of the channels' squares.
    private readonly void SquareDifferences(float* here, float* there, float* squares, int rows, int columns)
    {
        (int windowStride, int stride, int length) = (sizes.WindowStride, sizes.Stride, sizes.Channels * sizes.WindowLength);
        int plane = sizes.WindowLength;
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x += T.Width)
            {
                T difference = T.Load(here + x) - T.Load(there + x);
                T sum = difference * difference;
                for (int channel = plane; channel < length; channel += plane)
                {
                    difference = T.Load(here + channel + x) - T.Load(there + channel + x);
                    sum = T.MultiplyAdd(difference, difference, sum);
                }

                T.Store(sum, squares + x);
            }

            here += windowStride;
            there += windowStride;
            squares += stride;
        }
    }

    private readonly void Exponentiate(float* sums, int rows, int columns)
    {
        T offset = T.Broadcast(noise);
        T factor = T.Broadcast(scale);
        (int stride, int radius) = (sizes.Stride, sizes.Patch);
        float* columnTaps = taps == null ? null : taps + (2 * radius) + 1;
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x += T.Width)
            {
                T distance = PatchFilter.SumRow<T>(sums + x, radius, columnTaps);
                T exponent = T.MaxNative(distance - offset, T.Zero) * factor;
                T.Store(VectorMath.PowerOfTwoOfNonPositive(exponent), sums + x);
            }

            sums += stride;
        }
    }

    // The same with the noise of both patches.
    private readonly void Exponentiate(float* sums, int rows, int columns, float* noiseHere, float* noiseThere)
    {
        T factor = T.Broadcast(scale);
        (int stride, int radius) = (sizes.Stride, sizes.Patch);
        float* columnTaps = taps == null ? null : taps + (2 * radius) + 1;
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x += T.Width)
            {
                T distance = PatchFilter.SumRow<T>(sums + x, radius, columnTaps);
                T offset = T.Load(noiseHere + x) + T.Load(noiseThere + x);
                T exponent = T.MaxNative(distance - offset, T.Zero) * factor;
                T.Store(VectorMath.PowerOfTwoOfNonPositive(exponent), sums + x);
            }

            sums += stride;
            noiseHere += sizes.WindowStride;
            noiseThere += sizes.WindowStride;
        }
    }

    private readonly void ClearColumns(float* weights, int rows, int start, int count)
    {
        for (int y = 0; count > 0 && y < rows; y++)
        {
            new Span<float>(weights + (y * sizes.Stride) + start, count).Clear();
        }
    }
}
