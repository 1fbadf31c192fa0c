namespace NonLocal.Vision.Pictures;

/// <summary>
/// Along one axis: which input samples an output sample is the weighted mean of. The triangle filter, widened when the
/// picture shrinks (antialiasing), in the fixed-point arithmetic of Pillow, so that the bytes are the same.
/// </summary>
internal sealed class Resampling
{
    // Pillow keeps 32 bits for the sum: 8 of the sample, 2 to spare, the rest for the weights.
    private const int FractionBits = 22;

    private readonly int[] firsts;
    private readonly int[][] weights;

    /// <summary>The weights from <paramref name="input"/> samples to <paramref name="output"/>.</summary>
    public Resampling(int input, int output)
    {
        firsts = new int[output];
        weights = new int[output][];
        double scale = (double)input / output;
        double support = Math.Max(1, scale);
        for (int i = 0; i < output; i++)
        {
            double centre = (i + 0.5) * scale;
            int first = Math.Max(0, (int)(centre - support + 0.5));
            int end = Math.Min(input, (int)(centre + support + 0.5));
            firsts[i] = first;
            weights[i] = Weights(first, end - first, centre, support);
        }
    }

    /// <summary>Resamples one line.</summary>
    /// <param name="source">Samples; sample k of channel c is at k·<paramref name="step"/> + c.</param>
    /// <param name="target">Samples; sample i of channel c is at i·<paramref name="step"/> + c.</param>
    /// <param name="step">Elements from a sample to the next.</param>
    /// <param name="channels">Neighbouring elements that are resampled alike.</param>
    public void Line(ReadOnlySpan<byte> source, Span<byte> target, int step, int channels)
    {
        for (int i = 0; i < firsts.Length; i++)
        {
            int[] weight = weights[i];
            for (int c = 0; c < channels; c++)
            {
                int sum = 1 << (FractionBits - 1);
                int position = (firsts[i] * step) + c;
                for (int k = 0; k < weight.Length; k++)
                {
                    sum += source[position] * weight[k];
                    position += step;
                }

                target[(i * step) + c] = (byte)Math.Clamp(sum >> FractionBits, 0, 255);
            }
        }
    }

    private static int[] Weights(int first, int count, double centre, double support)
    {
        double[] exact = new double[count];
        double sum = 0;
        for (int k = 0; k < count; k++)
        {
            double distance = Math.Abs(first + k - centre + 0.5) * (1 / support);
            exact[k] = distance < 1 ? 1 - distance : 0;
            sum += exact[k];
        }

        int[] rounded = new int[count];
        for (int k = 0; k < count; k++)
        {
            rounded[k] = (int)((exact[k] / sum * (1 << FractionBits)) + 0.5);
        }

        return rounded;
    }
}
