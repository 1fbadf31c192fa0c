using NonLocal.Tensors;

namespace NonLocal.Vision.Denoising;

/// <summary>
/// What clipping makes of normal noise: a clean sample m, low ≤ m ≤ high, becomes y = min(max(m + σn, low), high). Near an end the noise is
/// weaker, down to a third of its variance, and what it has lost there moves the mean.
/// </summary>
/// <remarks>
/// Foi: <em>Clipped noisy images: heteroskedastic modeling and practical denoising</em>, Signal Processing 89(12), 2009. With
/// a = (low − m)/σ, b = (m − high)/σ and (x)₊ = max(x, 0), (y − m)/σ = n + (a − n)₊ − (b + n)₊, of which never both are above 0; so
/// <code>
/// mean      m + σ (A(a) − A(b))                                A(t) = t Φ(t) + φ(t)
/// variance  σ² (1 + B(a) + B(b) − (A(a) − A(b))²)              B(t) = (t² − 1) Φ(t) + t φ(t)
/// </code>
/// </remarks>
internal sealed class ClippedNoise
{
    // Beyond so many deviations nothing is clipped.
    private const double Farthest = 9;

    private const int MostSteps = 100;

    /// <summary>Noise on a scale.</summary>
    /// <param name="sigma">σ, above 0.</param>
    /// <param name="range">low and high.</param>
    public ClippedNoise(double sigma, SampleRange range)
    {
        Sigma = sigma;
        Range = range;
    }

    /// <summary>σ.</summary>
    public double Sigma { get; }

    /// <summary>low and high.</summary>
    public SampleRange Range { get; }

    /// <summary>That of some options; null where nothing is clipped, or there is no noise.</summary>
    public static ClippedNoise? Of(NonLocalMeansOptions options) =>
        options is { ClippedTo: { } range, Sigma: > 0 } ? new(options.Sigma, range) : null;

    /// <summary>Mean and variance of what a clean sample becomes. The mean grows with it.</summary>
    public (double Mean, double Variance) Moments(double clean)
    {
        (double mean, _, double variance) = At(clean);
        return (mean, variance);
    }

    /// <summary>The clean sample that becomes a mean; an end of the scale where the mean lies beyond that of the end.</summary>
    public double Clean(double mean)
    {
        // Newton's steps, or half of the way where one leads out of what is left.
        (double below, double above) = (Range.Low, Range.High);
        double clean = Math.Clamp(mean, below, above);
        for (int i = 0; i < MostSteps && above - below > 1e-14 * (Range.High - Range.Low); i++)
        {
            (double at, double slope, _) = At(clean);
            (below, above) = at < mean ? (clean, above) : (below, clean);
            double next = clean + ((mean - at) / slope);
            clean = next > below && next < above ? next : (below + above) / 2;
        }

        return clean;
    }

    /// <summary>The variance of what the clean sample of a mean becomes.</summary>
    public double Variance(double mean) => Moments(Clean(mean)).Variance;

    // Mean, its slope (the share that is not clipped), and variance.
    private (double Mean, double Slope, double Variance) At(double clean)
    {
        (double gain, double below, double belowLow) = Excess((Range.Low - clean) / Sigma);
        (double loss, double above, double aboveHigh) = Excess((clean - Range.High) / Sigma);
        double shift = gain - loss;
        double variance = Sigma * Sigma * (1 + belowLow + aboveHigh - (shift * shift));
        return (clean + (Sigma * shift), 1 - below - above, variance);
    }

    // A, Φ and B.
    private static (double Mean, double Share, double Square) Excess(double t)
    {
        if (t < -Farthest)
        {
            return (0, 0, 0);
        }

        double density = Math.Exp(-0.5 * t * t) / Math.Sqrt(2 * Math.PI);
        double share = 0.5 * (1 + ErrorFunction.Of(t / Math.Sqrt(2)));
        return ((t * share) + density, share, (((t * t) - 1) * share) + (t * density));
    }
}
