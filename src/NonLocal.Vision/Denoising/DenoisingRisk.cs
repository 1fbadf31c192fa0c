using NonLocal.Tensors;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Vision.Denoising;

/// <summary>The mean squared error that is left after denoising, estimated without the clean picture: what options are chosen by.</summary>
/// <remarks>
/// Stein's unbiased risk estimate. For a picture y of N samples with normal noise σ and its denoised form f(y)
/// <code>risk = |f(y) − y|²/N − σ² + 2σ²/N · div f(y)</code>
/// has the mean squared error as its mean. The divergence, how much each sample moves its own result, is b · (f(y + εb) − f(y))/ε with
/// random signs b (Ramani, Blu, Unser: <em>Monte-Carlo SURE</em>, IEEE Transactions on Image Processing 17(9), 2008). Non-local means
/// bends where a distance reaches 2σ², so ε is small: σ/50. The noise must not have been clipped: clipped noise is not normal.
/// </remarks>
public static class DenoisingRisk
{
    private const double StepInDeviations = 0.02;

    private static readonly RandomStream Signs = new(0, RandomStream.PurposeOf(nameof(DenoisingRisk)));

    /// <summary>The estimate, in the square of the samples' unit. Denoises twice.</summary>
    /// <param name="image">[height, width, channels], all finite.</param>
    /// <param name="options">Of which the noise level is above 0, and not clipped.</param>
    /// <param name="pool">The threads; null: <see cref="WorkerPool.Shared"/>.</param>
    /// <exception cref="ShapeException">Another number of axes, or an axis of length 0.</exception>
    /// <exception cref="ArgumentException">A sample is not finite, an option cannot be computed, no noise, or clipped noise.</exception>
    public static double Of(Tensor image, NonLocalMeansOptions options, WorkerPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        Check(options);
        return Of(image, Moved(image, options.Sigma), options, pool);
    }

    /// <summary>The one of some options with the least estimate; the first of several. Denoises twice for each.</summary>
    /// <param name="image">[height, width, channels], all finite.</param>
    /// <param name="candidates">All with the same noise level, above 0, and not clipped.</param>
    /// <param name="pool">The threads; null: <see cref="WorkerPool.Shared"/>.</param>
    /// <exception cref="ShapeException">Another number of axes, or an axis of length 0.</exception>
    /// <exception cref="ArgumentException">
    /// No candidates, or several noise levels; a sample is not finite, an option cannot be computed, no noise, or clipped noise.
    /// </exception>
    public static NonLocalMeansOptions Least(
        Tensor image, IReadOnlyList<NonLocalMeansOptions> candidates, WorkerPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(candidates);
        if (candidates.Select(candidate => candidate.Sigma).Distinct().Count() != 1)
        {
            throw new ArgumentException("Options to choose from need one noise level, the same for all.", nameof(candidates));
        }

        foreach (NonLocalMeansOptions candidate in candidates)
        {
            Check(candidate);
        }

        Tensor moved = Moved(image, candidates[0].Sigma);
        return candidates.MinBy(candidate => Of(image, moved, candidate, pool))!;
    }

    private static void Check(NonLocalMeansOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!(options.Sigma > 0))
        {
            throw new ArgumentException($"The noise level is {options.Sigma}, expected above 0; without noise there is no risk.");
        }

        if (options.ClippedTo is not null)
        {
            throw new ArgumentException("The risk is that of normal noise; leave out ClippedTo, or choose by another measure.");
        }
    }

    private static double Of(Tensor image, Tensor moved, NonLocalMeansOptions options, WorkerPool? pool)
    {
        Tensor denoised = NonLocalMeans.Denoise(image, options, pool);
        Tensor after = NonLocalMeans.Denoise(moved, options, pool);
        ReadOnlySpan<float> y = image.Span;
        ReadOnlySpan<float> z = moved.Span;
        ReadOnlySpan<float> f = denoised.Span;
        ReadOnlySpan<float> g = after.Span;
        double change = 0;
        double gain = 0;
        for (int i = 0; i < y.Length; i++)
        {
            double difference = (double)f[i] - y[i];
            change += difference * difference;
            gain += Math.Sign(z[i] - y[i]) * ((double)g[i] - f[i]);
        }

        double noise = options.Sigma * options.Sigma;
        double divergence = gain / (StepInDeviations * options.Sigma);
        return ((change + (2 * noise * divergence)) / y.Length) - noise;
    }

    private static Tensor Moved(Tensor image, double sigma)
    {
        Tensor moved = image.Copy();
        float step = (float)(StepInDeviations * sigma);
        float[] numbers = new float[image.Length];
        Signs.Uniform(numbers);
        for (int i = 0; i < numbers.Length; i++)
        {
            moved.Span[i] += numbers[i] < 0.5f ? -step : step;
        }

        return moved;
    }
}
