using System.Runtime.CompilerServices;
using NonLocal.Tensors.Kernels;

namespace NonLocal.Vision.Denoising;

/// <summary>Weighted sums of single pixels, and the sums and largest of the weights, over all shifts of a tile.</summary>
internal static unsafe class PixelwiseMeans
{
    /// <summary>The sums of weights and the largest; with <paramref name="withSamples"/> also the weighted sums of samples.</summary>
    public static void Add<T>(ref DenoisingTile tile, in DenoisingSizes sizes, in PatchWeights<T> weights, bool withSamples)
        where T : unmanaged, ISimd<T>
    {
        new Span<float>(tile.Sums, (sizes.Channels + 2) * sizes.CoreLength).Clear();
        foreach (ShiftRow row in ShiftRow.All(sizes))
        {
            tile.Enter(row);
            for (int top = tile.FirstRow; top < tile.EndRow; top += DenoisingSizes.BlockRows)
            {
                int rows = Math.Min(DenoisingSizes.BlockRows, tile.EndRow - top);
                foreach (ShiftRow group in row.Groups(DenoisingSizes.GroupShifts))
                {
                    for (int i = 0; i < group.Count; i++)
                    {
                        ShiftRow shift = group with { First = group.First + i, Count = 1 };
                        weights.Compute(tile, shift, top, rows, tile.Weights + (i * sizes.BlockLength));
                    }

                    AddGroup<T>(tile, sizes, group, top, rows, withSamples);
                }
            }
        }
    }

    private static void AddGroup<T>(in DenoisingTile tile, in DenoisingSizes sizes, in ShiftRow group, int top, int rows, bool withSamples)
        where T : unmanaged, ISimd<T>
    {
        for (int y = top; y < top + rows; y++)
        {
            float* weights = tile.Weights + ((y - top) * sizes.Stride);
            if (y >= tile.CoreTop)
            {
                Terms forward = new(weights, sizes.BlockLength, group.Frame, y + group.Y, group.First, 1, group.Count);
                AddRow<T>(tile, sizes, forward, y, withSamples);
            }

            if (group.IsPair && y + group.Y < tile.CoreBottom)
            {
                Terms backward = new(weights - group.First, sizes.BlockLength - 1, group.Frame, y, -group.First, -1, group.Count);
                AddRow<T>(tile, sizes, backward, y + group.Y, withSamples);
            }
        }
    }

    // The sums of row y take all terms.
    private static void AddRow<T>(in DenoisingTile tile, in DenoisingSizes sizes, in Terms terms, int y, bool withSamples)
        where T : unmanaged, ISimd<T>
    {
        int start = tile.Column(tile.CoreLeft) / T.Width * T.Width;
        int end = tile.Column(tile.CoreRight);
        int index = tile.CoreIndex(y, tile.Left) - tile.Column(tile.Left);
        float* samples = tile.Sample(terms.Frame, 0, terms.Y, tile.Left + terms.X) - tile.Column(tile.Left);
        float* sums = tile.Sums + index;
        for (int x = start; x < end; x += T.Width)
        {
            if (withSamples)
            {
                AddWeightsAndSamples<T>(terms, tile.Totals + index + x, tile.Largest + index + x, samples + x, sums + x, x);
            }
            else
            {
                AddWeights<T>(terms, tile.Totals + index + x, tile.Largest + index + x, x);
            }
        }

        for (int c = 1; withSamples && c < sizes.Channels; c++)
        {
            samples += sizes.WindowLength;
            sums += sizes.CoreLength;
            for (int x = start; x < end; x += T.Width)
            {
                AddSamples<T>(terms, samples + x, sums + x, x);
            }
        }
    }

    // A register of weights is loaded once for all that becomes of it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddWeightsAndSamples<T>(in Terms terms, float* totals, float* largest, float* samples, float* sums, int x)
        where T : unmanaged, ISimd<T>
    {
        float* weights = terms.Weights + x;
        T total = T.Load(totals);
        T most = T.Load(largest);
        T sum = T.Load(sums);
        for (int i = 0; i < terms.Count; i++)
        {
            T weight = T.Load(weights);
            total += weight;
            most = T.MaxNative(most, weight);
            sum = T.MultiplyAdd(weight, T.Load(samples), sum);
            weights += terms.WeightStep;
            samples += terms.SampleStep;
        }

        T.Store(total, totals);
        T.Store(most, largest);
        T.Store(sum, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddWeights<T>(in Terms terms, float* totals, float* largest, int x)
        where T : unmanaged, ISimd<T>
    {
        float* weights = terms.Weights + x;
        T total = T.Load(totals);
        T most = T.Load(largest);
        for (int i = 0; i < terms.Count; i++)
        {
            T weight = T.Load(weights);
            total += weight;
            most = T.MaxNative(most, weight);
            weights += terms.WeightStep;
        }

        T.Store(total, totals);
        T.Store(most, largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSamples<T>(in Terms terms, float* samples, float* sums, int x)
        where T : unmanaged, ISimd<T>
    {
        float* weights = terms.Weights + x;
        T sum = T.Load(sums);
        for (int i = 0; i < terms.Count; i++)
        {
            sum = T.MultiplyAdd(T.Load(weights), T.Load(samples), sum);
            weights += terms.WeightStep;
            samples += terms.SampleStep;
        }

        T.Store(sum, sums);
    }

    /// <summary>What a row of sums takes from a group of shifts.</summary>
    private readonly struct Terms(float* weights, int weightStep, int frame, int y, int x, int sampleStep, int count)
    {
        /// <summary>Weights of the first shift, where the sums' column 0 stands.</summary>
        public float* Weights { get; } = weights;

        /// <summary>To those of the next shift.</summary>
        public int WeightStep { get; } = weightStep;

        /// <summary>The picture of the samples.</summary>
        public int Frame { get; } = frame;

        /// <summary>Their row.</summary>
        public int Y { get; } = y;

        /// <summary>How far to the right of the sums they are, for the first shift.</summary>
        public int X { get; } = x;

        /// <summary>To those of the next shift.</summary>
        public int SampleStep { get; } = sampleStep;

        /// <summary>How many shifts.</summary>
        public int Count { get; } = count;
    }
}
