using NonLocal.Tensors;
using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Denoising;

/// <summary>The standard deviation of white Gaussian noise in a picture that is known only with it.</summary>
/// <remarks>
/// The difference of two Laplacians, [1 −2 1; −2 4 −2; 1 −2 1] (Immerkær: <em>Fast noise variance estimation</em>, 1996), is 0 on
/// planes and 6σ of noise. Of its absolute values the median is taken (Donoho, Johnstone: <em>Ideal spatial adaptation by wavelet
/// shrinkage</em>, 1994), which edges hardly move; fine texture still counts as noise. Rows are left out evenly where there are more
/// than a million values. Where samples were clipped, each value is divided by what is left of the noise (<see cref="ClippedNoise"/>, by
/// the mean of the nine samples), which depends on σ: the estimate is repeated with the one before.
/// </remarks>
public static class NoiseEstimate
{
    private const int MostValues = 1 << 20;
    private const int MostFrames = 5;
    private const int MostRounds = 8;

    // A change of σ that is too small to go on for.
    private const double Settled = 1e-3;

    // The median of |x| for a standard normal x.
    private const double NormalMedian = 0.6744897501960817;

    /// <summary>Of samples in any unit, which the result has too.</summary>
    /// <param name="image">[height, width, channels], all finite.</param>
    /// <param name="clippedTo">The ends of the scale, where clipping followed the noise; null: not clipped.</param>
    /// <returns>σ; 0 for a picture of fewer than 3 rows or columns.</returns>
    /// <exception cref="ShapeException">Another number of axes, or an axis of length 0.</exception>
    /// <exception cref="ArgumentException">A sample is not finite.</exception>
    public static double Of(Tensor image, SampleRange? clippedTo = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ImageTensor.Check(image);
        (int height, int width, int channels) = (image.Shape[0], image.Shape[1], image.Shape[2]);
        return Estimate(height, width, channels, clippedTo, (y, x, c) => image.Span[(((y * width) + x) * channels) + c]);
    }

    /// <summary>Of a picture's samples from 0 to 255; alpha is left out.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="clippedTo">The ends of the scale, where clipping followed the noise; null: not clipped.</param>
    /// <returns>σ; 0 for a picture of fewer than 3 rows or columns.</returns>
    public static double Of(Picture picture, SampleRange? clippedTo = null)
    {
        ArgumentNullException.ThrowIfNull(picture);
        int colours = picture.Channels < 3 ? 1 : 3;
        return Estimate(picture.Height, picture.Width, colours, clippedTo, (y, x, c) => picture.Row(y)[(x * picture.Channels) + c]);
    }

    /// <summary>Of a film: the median of some frames.</summary>
    /// <param name="film">Of which a few frames spread over its length are read.</param>
    /// <param name="clippedTo">The ends of the scale, where clipping followed the noise; null: not clipped.</param>
    /// <returns>σ; 0 for frames of fewer than 3 rows or columns.</returns>
    public static double Of(VideoSource film, SampleRange? clippedTo = null)
    {
        ArgumentNullException.ThrowIfNull(film);
        int count = Math.Min(film.Count, MostFrames);
        double[] estimates = new double[count];
        for (int i = 0; i < count; i++)
        {
            estimates[i] = Of(film.Read((int)(((2L * i) + 1) * film.Count / (2 * count)), 1).ToPicture(0), clippedTo);
        }

        Array.Sort(estimates);
        return estimates[count / 2];
    }

    private static double Estimate(int height, int width, int channels, SampleRange? clippedTo, Func<int, int, int, float> sample)
    {
        if (height < 3 || width < 3)
        {
            return 0;
        }

        int step = (int)Math.Max(1, (long)height * width * channels / MostValues);
        List<float> values = [];
        List<float> means = [];
        for (int y = 1; y < height - 1; y += step)
        {
            for (int x = 1; x < width - 1; x++)
            {
                for (int c = 0; c < channels; c++)
                {
                    values.Add(Math.Abs(SecondDifference(y - 1) - (2 * SecondDifference(y)) + SecondDifference(y + 1)));
                    means.Add((Sum(y - 1) + Sum(y) + Sum(y + 1)) / 9);

                    float SecondDifference(int row) => sample(row, x - 1, c) - (2 * sample(row, x, c)) + sample(row, x + 1, c);
                    float Sum(int row) => sample(row, x - 1, c) + sample(row, x, c) + sample(row, x + 1, c);
                }
            }
        }

        double sigma = Deviation([.. values]);
        return clippedTo is { } range ? BeforeClipping(sigma, range, values, means) : sigma;
    }

    private static unsafe double BeforeClipping(double clipped, SampleRange range, List<float> values, List<float> means)
    {
        double sigma = Math.Min(clipped, range.High - range.Low);
        double before = 0;
        float[] whole = new float[values.Count];
        for (int round = 0; round < MostRounds && Math.Abs(sigma - before) > Settled * sigma; round++)
        {
            ClippedNoise noise = new(sigma, range);
            MemoryBlock points = new(ClippedNoiseTable.Length(noise));
            ClippedNoiseTable table = new(noise, points.Pointer);
            for (int i = 0; i < whole.Length; i++)
            {
                whole[i] = values[i] * (float)sigma / MathF.Sqrt(table.Variance(means[i]));
            }

            GC.KeepAlive(points);
            before = sigma;
            sigma = Math.Min(Deviation(whole), range.High - range.Low);
        }

        return sigma;
    }

    private static double Deviation(float[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2] / (6 * NormalMedian);
    }
}
