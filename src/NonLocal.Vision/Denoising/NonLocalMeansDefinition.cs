using System.Numerics;
using NonLocal.Tensors.Kernels;

namespace NonLocal.Vision.Denoising;

/// <summary>Non-local means as it is defined, in plain loops: what the fast route is compared with.</summary>
/// <remarks>
/// d²(p, q) = 1/K Σ_c Σ_j a_j (u_c(p + j) − u_c(q + j))² over the K channels and the (2f + 1)² pixels of a patch, where Σ a_j = 1;
/// w(p, q) = exp(−max(d² − 2σ², 0) / h²), and 0 where that is no normal number of single precision. q runs over the pixels of the picture
/// in the window around p, in every frame where there are several (patches lie in one frame). Patches read beyond the border what is
/// mirrored at it (the outermost pixel twice). A pixel without any weight keeps its value.
/// Where samples were clipped (<see cref="ClippedNoise"/>), v_p + v_q takes the place of 2σ²: v_p is the mean over the channels of the
/// variance at the mean Σ a_j u_c(p + j) of a patch; and every result, the mean of clipped samples, becomes the clean sample of that mean.
/// </remarks>
internal sealed class NonLocalMeansDefinition<T>
    where T : IFloatingPointIeee754<T>
{
    private readonly T[][] frames;
    private readonly int index;
    private readonly int height;
    private readonly int width;
    private readonly int channels;
    private readonly NonLocalMeansOptions options;
    private readonly T[] taps;
    private readonly ClippedNoise? clipping;
    private readonly T[][] noise;

    /// <summary>Of one picture, or one frame among others.</summary>
    /// <param name="frames">Samples [height, width, channels] of each frame.</param>
    /// <param name="index">The one that is denoised.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="channels">Samples of a pixel.</param>
    /// <param name="options">What is computed.</param>
    public NonLocalMeansDefinition(T[][] frames, int index, int height, int width, int channels, NonLocalMeansOptions options)
    {
        this.frames = frames;
        this.index = index;
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.options = options;
        taps = Array.ConvertAll(options.PatchTaps(), T.CreateChecked);
        clipping = ClippedNoise.Of(options);
        noise = [.. frames.Select((_, frame) => PatchNoise(frame))];
    }

    /// <summary>The denoised samples.</summary>
    public T[] Run()
    {
        T[] result = new T[frames[index].Length];
        T[] shares = options.Aggregation == Aggregation.Patchwise
            ? Array.ConvertAll(options.AggregationTaps(), T.CreateChecked)
            : [T.One];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                AddEstimates(y, x, shares, result);
            }
        }

        for (int pixel = 0; pixel < height * width; pixel++)
        {
            T estimates = Covered(pixel / width, height, shares) * Covered(pixel % width, width, shares);
            for (int c = 0; c < channels; c++)
            {
                T mean = result[(pixel * channels) + c] / estimates;
                result[(pixel * channels) + c] = clipping is null ? mean : T.CreateChecked(clipping.Clean(double.CreateChecked(mean)));
            }
        }

        return result;
    }

    // The variance of the noise in each patch.
    private T[] PatchNoise(int frame)
    {
        T[] variances = new T[height * width];
        for (int pixel = 0; pixel < variances.Length; pixel++)
        {
            T sum = T.Zero;
            for (int c = 0; c < channels; c++)
            {
                double variance = clipping is null
                    ? options.Sigma * options.Sigma
                    : clipping.Variance(double.CreateChecked(PatchMean(pixel / width, pixel % width, frame, c)));
                sum += T.CreateChecked(variance);
            }

            variances[pixel] = sum / T.CreateChecked(channels);
        }

        return variances;
    }

    private T PatchMean(int y, int x, int frame, int channel)
    {
        T sum = T.Zero;
        int f = options.PatchRadius;
        for (int dy = -f; dy <= f; dy++)
        {
            for (int dx = -f; dx <= f; dx++)
            {
                sum += taps[dy + f] * taps[dx + f] * Sample(frame, y + dy, x + dx, channel);
            }
        }

        return sum;
    }

    // What patch (y, x) says about each of its pixels that lies in the picture; a patch of one pixel for the pixelwise form.
    private void AddEstimates(int y, int x, T[] shares, T[] result)
    {
        int radius = shares.Length / 2;
        List<(int Frame, int Y, int X, T Weight)> others = Weights(y, x);
        T sum = T.Zero;
        foreach ((_, _, _, T weight) in others)
        {
            sum += weight;
        }

        for (int dy = Math.Max(-radius, -y); dy <= Math.Min(radius, height - 1 - y); dy++)
        {
            for (int dx = Math.Max(-radius, -x); dx <= Math.Min(radius, width - 1 - x); dx++)
            {
                for (int c = 0; c < channels; c++)
                {
                    T weighted = T.Zero;
                    foreach ((int frame, int qy, int qx, T weight) in others)
                    {
                        weighted += weight * Sample(frame, qy + dy, qx + dx, c);
                    }

                    T share = shares[dy + radius] * shares[dx + radius];
                    result[((((y + dy) * width) + x + dx) * channels) + c] += share * weighted / sum;
                }
            }
        }
    }

    // How much of a line's pixel the estimates of centres inside of the picture make.
    private static T Covered(int position, int length, T[] shares)
    {
        T sum = T.Zero;
        for (int i = 0; i < shares.Length; i++)
        {
            int centre = position + i - (shares.Length / 2);
            sum += centre >= 0 && centre < length ? shares[i] : T.Zero;
        }

        return sum;
    }

    private List<(int Frame, int Y, int X, T Weight)> Weights(int y, int x)
    {
        List<(int Frame, int Y, int X, T Weight)> weights = [];
        int r = options.SearchRadius;
        T largest = T.Zero;
        for (int frame = 0; frame < frames.Length; frame++)
        {
            for (int qy = Math.Max(0, y - r); qy <= Math.Min(height - 1, y + r); qy++)
            {
                for (int qx = Math.Max(0, x - r); qx <= Math.Min(width - 1, x + r); qx++)
                {
                    if ((frame, qy, qx) != (index, y, x))
                    {
                        T added = noise[index][(y * width) + x] + noise[frame][(qy * width) + qx];
                        T weight = Weight(Distance(y, x, frame, qy, qx), added);
                        largest = T.Max(largest, weight);
                        weights.Add((frame, qy, qx, weight));
                    }
                }
            }
        }

        weights.Add((index, y, x, OwnWeight(largest, noise[index][(y * width) + x])));
        return weights;
    }

    private T OwnWeight(T largest, T variance)
    {
        if (options.SelfWeight == SelfWeight.One || largest == T.Zero)
        {
            return T.One;
        }

        if (options.SelfWeight == SelfWeight.LargestOther)
        {
            return largest;
        }

        T gain = T.CreateChecked(options.OwnWeightGain(double.CreateChecked(variance)));
        return T.Min(T.One, largest * (T.One - (gain * T.Log(largest))));
    }

    private T Weight(T distance, T added)
    {
        T h = T.CreateChecked(options.Decay);
        T exponent = -T.Max(distance - added, T.Zero) / (h * h);
        return exponent < T.CreateChecked(VectorMath.ExpIsSubnormal) ? T.Zero : T.Exp(exponent);
    }

    private T Distance(int y, int x, int frame, int qy, int qx)
    {
        T sum = T.Zero;
        int f = options.PatchRadius;
        for (int dy = -f; dy <= f; dy++)
        {
            for (int dx = -f; dx <= f; dx++)
            {
                for (int c = 0; c < channels; c++)
                {
                    T difference = Sample(index, y + dy, x + dx, c) - Sample(frame, qy + dy, qx + dx, c);
                    sum += taps[dy + f] * taps[dx + f] * difference * difference;
                }
            }
        }

        return sum / T.CreateChecked(channels);
    }

    private T Sample(int frame, int y, int x, int channel) =>
        frames[frame][(((DenoisingSizes.Mirrored(y, height) * width) + DenoisingSizes.Mirrored(x, width)) * channels) + channel];
}
