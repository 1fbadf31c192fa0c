namespace NonLocal.Vision.Denoising;

/// <summary>How the weights become a picture.</summary>
public enum Aggregation
{
    /// <summary>Each pixel is the weighted mean of the pixels of its window.</summary>
    Pixelwise,

    /// <summary>
    /// The same weights average whole patches, and each pixel is the mean of the estimates of all patches that contain it.
    /// </summary>
    Patchwise,
}

/// <summary>The weight with which a pixel counts itself, whose distance of 0 says nothing about the noise.</summary>
public enum SelfWeight
{
    /// <summary>The largest weight of the others in its window (Buades, Coll, Morel).</summary>
    LargestOther,

    /// <summary>1, as the formula gives: then non-local means is a softmax attention.</summary>
    One,

    /// <summary>
    /// The largest weight w of the others, times 1 + b²/(2σ²), at most 1; b² = −h² ln w is the nearest patch's distance beyond what noise
    /// explains. For two pixels that differ by b beside their noise, 1 + b²/σ² gives the mean of least error; among many others half of it
    /// does better. Keeps fine texture for which the window has no like, and is <see cref="LargestOther"/> where it has.
    /// </summary>
    LeastError,
}

/// <summary>What non-local means computes. Decay and noise are in the units of the samples: 0 to 255 for a picture.</summary>
public sealed record NonLocalMeansOptions
{
    /// <summary>f: a patch has 2f + 1 pixels on a side. Default 1.</summary>
    public int PatchRadius { get; init; } = 1;

    /// <summary>r: a window has 2r + 1 pixels on a side. Default 10.</summary>
    public int SearchRadius { get; init; } = 10;

    /// <summary>h: weights fall as exp(−d²/h²). Greater than 0.</summary>
    public required double Decay { get; init; }

    /// <summary>σ, the standard deviation of the noise; 2σ², what it adds to every distance, is taken off. Default 0.</summary>
    public double Sigma { get; init; }

    /// <summary>
    /// The ends of the samples' scale, where clipping followed the noise, as in every picture of 8 bits. Then noise is weaker near an end,
    /// and has moved the mean: distances lose what it adds to them there, and the result is moved back, and lies on the scale. σ is that
    /// of the noise before, at most 100 times the scale. Null, the default: nothing was clipped.
    /// </summary>
    public SampleRange? ClippedTo { get; init; }

    /// <summary>Default <see cref="Denoising.Aggregation.Patchwise"/>.</summary>
    public Aggregation Aggregation { get; init; } = Aggregation.Patchwise;

    /// <summary>Default <see cref="Denoising.SelfWeight.LargestOther"/>.</summary>
    public SelfWeight SelfWeight { get; init; } = SelfWeight.LargestOther;

    /// <summary>The standard deviation, in pixels, of a Gaussian that weighs a patch's pixels; null, the default: all alike.</summary>
    public double? PatchDeviation { get; init; }

    /// <summary>
    /// The standard deviation, in pixels, of a Gaussian by which a pixel's estimates from the patches that contain it count: the nearer the
    /// patch's centre, the more. Null, the default: all alike, as in the article.
    /// </summary>
    public double? AggregationDeviation { get; init; }

    /// <summary>
    /// Patch, window and decay for a noise level as in the table of Buades, Coll, Morel: <em>Non-Local Means Denoising</em>, IPOL 2011,
    /// doi 10.5201/ipol.2011.bcm_nlm. Its last row serves stronger noise.
    /// </summary>
    /// <param name="sigma">The noise's standard deviation for samples from 0 to 255.</param>
    /// <param name="colour">Whether the picture has three channels.</param>
    /// <exception cref="ArgumentOutOfRangeException">Negative or not finite.</exception>
    public static NonLocalMeansOptions ForNoise(double sigma, bool colour)
    {
        if (!double.IsFinite(sigma) || sigma < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(sigma), $"the noise level is {sigma}, expected a number of at least 0.");
        }

        (int patch, int search, double decay) = (colour, sigma) switch
        {
            (false, <= 15) => (1, 10, 0.40),
            (false, <= 30) => (2, 10, 0.40),
            (false, <= 45) => (3, 17, 0.35),
            (false, <= 75) => (4, 17, 0.35),
            (false, _) => (5, 17, 0.30),
            (true, <= 25) => (1, 10, 0.55),
            (true, <= 55) => (2, 17, 0.40),
            (true, _) => (3, 17, 0.35),
        };

        // Without noise any small decay leaves the picture as it is; it only has to be above 0.
        return new() { PatchRadius = patch, SearchRadius = search, Decay = decay * Math.Max(sigma, 0.01), Sigma = sigma };
    }

    /// <summary>The weights of a patch's rows, and of its columns: their products sum to 1.</summary>
    internal double[] PatchTaps() => Taps(PatchDeviation);

    /// <summary>The same for a pixel's estimates from the patches that contain it.</summary>
    internal double[] AggregationTaps() => Taps(AggregationDeviation);

    /// <summary>h²/(2σ²) of <see cref="SelfWeight.LeastError"/>; without noise so large that every own weight is 1.</summary>
    /// <param name="variance">σ².</param>
    internal double OwnWeightGain(double variance) => Math.Min(Decay * Decay / (2 * variance), 1e20);

    /// <summary>Refuses what cannot be computed.</summary>
    internal void Check()
    {
        Within(nameof(PatchRadius), PatchRadius, 0, 50);
        Within(nameof(SearchRadius), SearchRadius, 0, 1000);
        Within(nameof(Decay), Decay, 1e-9, 1e9);
        Within(nameof(Sigma), Sigma, 0, 1e9);
        if (ClippedTo is { } range)
        {
            Check(range);
        }

        Within(nameof(PatchDeviation), PatchDeviation ?? 1, 1e-3, 1e9);
        Within(nameof(AggregationDeviation), AggregationDeviation ?? 1, 1e-3, 1e9);
    }

    private void Check(SampleRange range)
    {
        if (!(double.IsFinite(range.Low) && double.IsFinite(range.High) && range.Low < range.High))
        {
            throw new ArgumentOutOfRangeException(
                nameof(ClippedTo), $"ClippedTo goes from {range.Low} to {range.High}, expected two finite numbers, the larger one last.");
        }

        Within(nameof(Sigma), Sigma, 0, 100 * (range.High - range.Low));
    }

    private double[] Taps(double? deviation)
    {
        double[] taps = new double[(2 * PatchRadius) + 1];
        for (int i = 0; i < taps.Length; i++)
        {
            double distance = (i - PatchRadius) / (deviation ?? double.PositiveInfinity);
            taps[i] = Math.Exp(-0.5 * distance * distance);
        }

        double sum = taps.Sum();
        return Array.ConvertAll(taps, tap => tap / sum);
    }

    private static void Within(string name, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, $"{name} is {value}, expected {least} to {most}.");
        }
    }
}
