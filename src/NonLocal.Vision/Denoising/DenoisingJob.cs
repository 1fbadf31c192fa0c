using System.Numerics;
using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Vision.Denoising;

/// <summary>The tiles of a picture, each computed alone by one worker from the samples in memory.</summary>
internal unsafe struct DenoisingJob<T, TSample> : IParallelJob
    where T : unmanaged, ISimd<T>
    where TSample : unmanaged, INumber<TSample>
{
    // Finite, so that its product with the logarithm of 1 is 0.
    private const float MostGain = 1e20f;

    /// <summary>How the picture is cut.</summary>
    public DenoisingSizes Sizes { get; init; }

    /// <summary>Samples [height, width, samples] of each picture that is searched.</summary>
    public TSample** Sources { get; init; }

    /// <summary>Of the same shape, for the one that is denoised.</summary>
    public TSample* Target { get; init; }

    /// <summary>What gives the weights.</summary>
    public PatchWeights<T> Weights { get; init; }

    /// <summary>The noise, where it is clipped.</summary>
    public ClippedNoiseTable Clipping { get; init; }

    /// <summary>Weights of a patch's rows, and of its columns; null: all 1.</summary>
    public float* Taps { get; init; }

    /// <summary>The weight of a pixel itself.</summary>
    public SelfWeight SelfWeight { get; init; }

    /// <summary>
    /// How fast it grows with the distance of the others, of <see cref="SelfWeight.LeastError"/>; times the patch's noise where that
    /// depends on it.
    /// </summary>
    public float OwnWeightGain { get; init; }

    /// <summary>How much the rows, and the columns, of a patch count when patches are averaged; null: all alike.</summary>
    public float* Shares { get; init; }

    /// <summary>Whether patches are averaged.</summary>
    public bool IsPatchwise { get; init; }

    /// <summary>Zeros, <see cref="DenoisingSizes.ScratchLength"/> for each worker.</summary>
    public float* Scratch { get; init; }

    /// <summary>The tile of part 0.</summary>
    public int FirstTile { get; set; }

    /// <inheritdoc/>
    public readonly void Execute(int index, int worker)
    {
        DenoisingTile tile = new(Sizes, FirstTile + index, Scratch + ((long)worker * Sizes.ScratchLength));
        for (int frame = 0; frame < Sizes.Frames; frame++)
        {
            Load(tile, frame);
        }

        if (Sizes.IsClipped)
        {
            PatchNoise.Fill<T>(tile, Sizes, Clipping, Taps);
        }

        PixelwiseMeans.Add(ref tile, Sizes, Weights, withSamples: !IsPatchwise);
        SetOwnWeights(tile);
        if (IsPatchwise)
        {
            PatchwiseMeans.Add(ref tile, Sizes, Weights, Shares);
        }

        Store(tile);
    }

    private readonly void Load(in DenoisingTile tile, int frame)
    {
        int first = tile.Left - Sizes.Reach;
        int end = first + DenoisingSizes.TileWidth + (2 * Sizes.Reach);
        for (int y = tile.Top - Sizes.Reach; y < tile.Top + DenoisingSizes.TileHeight + Sizes.Reach; y++)
        {
            TSample* row = Sources[frame] + ((long)DenoisingSizes.Mirrored(y, Sizes.Height) * Sizes.Width * Sizes.Samples);
            for (int c = 0; c < Sizes.Channels; c++)
            {
                float* window = tile.Sample(frame, c, y, first);
                for (int x = first; x < end; x++)
                {
                    int inside = (uint)x < (uint)Sizes.Width ? x : DenoisingSizes.Mirrored(x, Sizes.Width);
                    *window++ = float.CreateTruncating(row[((long)inside * Sizes.Samples) + c]);
                }
            }
        }
    }

    // A pixel to which no other bears any weight keeps its value.
    private readonly void SetOwnWeights(in DenoisingTile tile)
    {
        for (int y = tile.CoreTop; y < tile.CoreBottom; y++)
        {
            for (int x = tile.CoreLeft; x < tile.CoreRight; x++)
            {
                ref float own = ref tile.Largest[tile.CoreIndex(y, x)];
                if (SelfWeight == SelfWeight.One || own == 0)
                {
                    own = 1;
                }
                else if (SelfWeight == SelfWeight.LeastError)
                {
                    float gain = Sizes.IsClipped ? MathF.Min(OwnWeightGain / tile.Noise(y, x), MostGain) : OwnWeightGain;
                    own = MathF.Min(1, own * (1 - (gain * MathF.Log(own))));
                }
            }
        }
    }

    private readonly void Store(in DenoisingTile tile)
    {
        for (int y = tile.Top; y < tile.Bottom; y++)
        {
            for (int x = tile.Left; x < tile.Right; x++)
            {
                long pixel = (((long)y * Sizes.Width) + x) * Sizes.Samples;
                for (int c = 0; c < Sizes.Samples; c++)
                {
                    Target[pixel + c] = c < Sizes.Channels ? Rounded(Mean(tile, c, y, x)) : Sources[Sizes.Frame][pixel + c];
                }
            }
        }
    }

    private readonly float Mean(in DenoisingTile tile, int channel, int y, int x)
    {
        int index = tile.CoreIndex(y, x);
        float sum = tile.Sums[(channel * Sizes.CoreLength) + index];
        float own = tile.Largest[index];
        float mean = IsPatchwise
            ? sum / (Covered(y, Sizes.Height) * Covered(x, Sizes.Width))
            : (sum + (own * *tile.Sample(Sizes.Frame, channel, y, x))) / (tile.Totals[index] + own);
        return Sizes.IsClipped ? Clipping.Clean(mean) : mean;
    }

    // The shares of the patches that contain a pixel of a line.
    private readonly float Covered(int position, int length)
    {
        float sum = 0;
        for (int i = 0; i <= 2 * Sizes.Patch; i++)
        {
            float share = Shares == null ? 1 : Shares[i];
            sum += (uint)(position + i - Sizes.Patch) < (uint)length ? share : 0;
        }

        return sum;
    }

    private static TSample Rounded(float value) =>
        TSample.CreateSaturating(typeof(TSample) == typeof(byte) ? MathF.Round(value) : value);
}
