using System.Numerics;
using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Vision.Denoising;

/// <summary>The tiles of a picture, each computed alone by one worker from the samples in memory.</summary>
internal unsafe struct DenoisingJob<T, TSample> : IParallelJob
    where T : unmanaged, ISimd<T>
    where TSample : unmanaged, INumber<TSample>
{
    /// <summary>How the picture is cut.</summary>
    public DenoisingSizes Sizes { get; init; }

    /// <summary>Samples [height, width, samples].</summary>
    public TSample* Source { get; init; }

    /// <summary>Of the same shape.</summary>
    public TSample* Target { get; init; }

    /// <summary>Weights of a patch's rows, and of its columns divided by the channels.</summary>
    public float* Taps { get; init; }

    /// <summary>2σ².</summary>
    public float Noise { get; init; }

    /// <summary>−1/h².</summary>
    public float Scale { get; init; }

    /// <summary>Whether a pixel's own weight is always 1.</summary>
    public bool OwnIsOne { get; init; }

    /// <summary>Whether patches are averaged.</summary>
    public bool IsPatchwise { get; init; }

    /// <summary>Zeros, <see cref="DenoisingSizes.ScratchLength"/> for each worker.</summary>
    public float* Scratch { get; init; }

    /// <summary>The tile of part 0.</summary>
    public int FirstTile { get; set; }

    /// <inheritdoc/>
    public readonly void Execute(int index, int worker)
    {
        DenoisingTile<T> tile = new(Sizes, FirstTile + index, Taps, Noise, Scale, Scratch + ((long)worker * Sizes.ScratchLength));
        Load(tile);
        PixelwiseMeans.Add(ref tile, Sizes, withSamples: !IsPatchwise);
        SetOwnWeights(tile);
        if (IsPatchwise)
        {
            PatchwiseMeans.Add(ref tile, Sizes);
        }

        Store(tile);
    }

    private readonly void Load(in DenoisingTile<T> tile)
    {
        int rightmost = tile.Left - Sizes.Reach + Sizes.WindowStride;
        for (int y = tile.Top - Sizes.Reach; y < tile.Top - Sizes.Reach + Sizes.WindowRows; y++)
        {
            TSample* row = Source + ((long)DenoisingSizes.Mirrored(y, Sizes.Height) * Sizes.Width * Sizes.Samples);
            for (int x = tile.Left - Sizes.Reach; x < rightmost; x++)
            {
                TSample* pixel = row + ((long)DenoisingSizes.Mirrored(x, Sizes.Width) * Sizes.Samples);
                for (int c = 0; c < Sizes.Channels; c++)
                {
                    *tile.Sample(c, y, x) = float.CreateTruncating(pixel[c]);
                }
            }
        }
    }

    // A pixel to which no other bears any weight keeps its value.
    private readonly void SetOwnWeights(in DenoisingTile<T> tile)
    {
        for (int i = 0; i < Sizes.CoreLength; i++)
        {
            tile.Largest[i] = OwnIsOne || tile.Largest[i] == 0 ? 1 : tile.Largest[i];
        }
    }

    private readonly void Store(in DenoisingTile<T> tile)
    {
        for (int y = tile.Top; y < tile.Bottom; y++)
        {
            for (int x = tile.Left; x < tile.Right; x++)
            {
                long pixel = (((long)y * Sizes.Width) + x) * Sizes.Samples;
                for (int c = 0; c < Sizes.Samples; c++)
                {
                    Target[pixel + c] = c < Sizes.Channels ? Rounded(Mean(tile, c, y, x)) : Source[pixel + c];
                }
            }
        }
    }

    private readonly float Mean(in DenoisingTile<T> tile, int channel, int y, int x)
    {
        int index = tile.CoreIndex(y, x);
        float sum = tile.Sums[(channel * Sizes.CoreLength) + index];
        if (IsPatchwise)
        {
            return sum / (DenoisingSizes.Covering(y, Sizes.Height, Sizes.Patch) * DenoisingSizes.Covering(x, Sizes.Width, Sizes.Patch));
        }

        float own = tile.Largest[index];
        return (sum + (own * *tile.Sample(channel, y, x))) / (tile.Totals[index] + own);
    }

    private static TSample Rounded(float value) =>
        TSample.CreateSaturating(typeof(TSample) == typeof(byte) ? MathF.Round(value) : value);
}
