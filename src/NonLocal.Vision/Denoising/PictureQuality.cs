using NonLocal.Tensors;

namespace NonLocal.Vision.Denoising;

/// <summary>How close a picture is to the clean one.</summary>
public static class PictureQuality
{
    private const int Radius = 5;
    private const double Deviation = 1.5;

    /// <summary>Peak signal-to-noise ratio, 10 log₁₀(peak² / mean squared error) in dB over all samples; +∞ for equal pictures.</summary>
    /// <param name="image">Samples of any shape.</param>
    /// <param name="reference">As many.</param>
    /// <param name="peak">The largest value that a sample can have.</param>
    /// <exception cref="ShapeException">The shapes differ, or there are no samples.</exception>
    public static double PeakSignalToNoise(Tensor image, Tensor reference, double peak)
    {
        CheckPair(image, reference);
        double squares = 0;
        ReadOnlySpan<float> a = image.Span;
        ReadOnlySpan<float> b = reference.Span;
        for (int i = 0; i < a.Length; i++)
        {
            double difference = (double)a[i] - b[i];
            squares += difference * difference;
        }

        return 10 * Math.Log10(peak * peak / (squares / a.Length));
    }

    /// <summary>
    /// Structural similarity (Wang, Bovik, Sheikh, Simoncelli 2004): windows of 11×11 under a Gaussian of 1.5, K₁ = 0.01, K₂ = 0.03,
    /// the mean over all places where a window fits and over the channels.
    /// </summary>
    /// <param name="image">[height, width, channels].</param>
    /// <param name="reference">Of the same shape.</param>
    /// <param name="peak">The largest value that a sample can have.</param>
    /// <returns>1 for equal pictures; null where a picture is too small for a window.</returns>
    /// <exception cref="ShapeException">The shapes differ or are no picture's.</exception>
    /// <exception cref="ArgumentException">A sample is not finite.</exception>
    public static double? StructuralSimilarity(Tensor image, Tensor reference, double peak)
    {
        CheckPair(image, reference);
        ImageTensor.Check(image);
        ImageTensor.Check(reference);
        (int height, int width, int channels) = (image.Shape[0], image.Shape[1], image.Shape[2]);
        if (height <= 2 * Radius || width <= 2 * Radius)
        {
            return null;
        }

        double total = 0;
        for (int c = 0; c < channels; c++)
        {
            MomentRows rows = new(width);
            for (int y = 0; y < height; y++)
            {
                rows.Add(image.Span.Slice(y * width * channels, width * channels), reference.Span[(y * width * channels)..], channels, c);
                total += y < 2 * Radius ? 0 : rows.Similarities(peak);
            }
        }

        return total / ((double)(height - (2 * Radius)) * (width - (2 * Radius)) * channels);
    }

    private static void CheckPair(Tensor image, Tensor reference)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(reference);
        if (image.Shape != reference.Shape || image.Length == 0)
        {
            throw new ShapeException(
                $"pictures of shapes {image.Shape} and {reference.Shape} cannot be compared; expected the same, not empty.");
        }
    }

    // Means of a, b, a², b² and ab along the last eleven rows.
    private sealed class MomentRows(int width)
    {
        private const int Moments = 5;
        private readonly double[] taps =
            new NonLocalMeansOptions { Decay = 1, PatchRadius = Radius, PatchDeviation = Deviation }.PatchTaps();
        private readonly double[,,] ring = new double[(2 * Radius) + 1, Moments, width - (2 * Radius)];
        private int rows;

        public void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int channels, int channel)
        {
            int slot = rows++ % taps.Length;
            Span<double> sums = stackalloc double[Moments];
            for (int x = 0; x < ring.GetLength(2); x++)
            {
                sums.Clear();
                for (int i = 0; i < taps.Length; i++)
                {
                    double first = a[((x + i) * channels) + channel];
                    double second = b[((x + i) * channels) + channel];
                    sums[0] += taps[i] * first;
                    sums[1] += taps[i] * second;
                    sums[2] += taps[i] * first * first;
                    sums[3] += taps[i] * second * second;
                    sums[4] += taps[i] * first * second;
                }

                for (int m = 0; m < Moments; m++)
                {
                    ring[slot, m, x] = sums[m];
                }
            }
        }

        public double Similarities(double peak)
        {
            double total = 0;
            for (int x = 0; x < ring.GetLength(2); x++)
            {
                total += Similarity(Mean(0, x), Mean(1, x), Mean(2, x), Mean(3, x), Mean(4, x), peak);
            }

            return total;
        }

        private double Mean(int moment, int x)
        {
            double sum = 0;
            for (int i = 0; i < taps.Length; i++)
            {
                sum += taps[i] * ring[(rows + i) % taps.Length, moment, x];
            }

            return sum;
        }

        private static double Similarity(double a, double b, double aa, double bb, double ab, double peak)
        {
            double c1 = 0.01 * peak * 0.01 * peak;
            double c2 = 0.03 * peak * 0.03 * peak;
            return ((2 * a * b) + c1) * ((2 * (ab - (a * b))) + c2) / (((a * a) + (b * b) + c1) * (aa - (a * a) + bb - (b * b) + c2));
        }
    }
}
