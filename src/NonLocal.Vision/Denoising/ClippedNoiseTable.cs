namespace NonLocal.Vision.Denoising;

/// <summary><see cref="ClippedNoise"/> by the mean, to about 6e-6 σ: points in equal steps, straight lines between them.</summary>
internal readonly unsafe struct ClippedNoiseTable
{
    private const double StepsPerDeviation = 256;
    private const int FewestSteps = 256;
    private const int MostSteps = 1 << 14;

    private readonly float* variances;
    private readonly float* clean;
    private readonly int steps;
    private readonly float first;
    private readonly float stepsPerUnit;

    /// <summary>Of some noise.</summary>
    /// <param name="noise">The noise.</param>
    /// <param name="points">Memory for <see cref="Length"/> floats.</param>
    public ClippedNoiseTable(ClippedNoise noise, float* points)
    {
        steps = Steps(noise);
        variances = points;
        clean = points + steps + 1;
        (double low, double size) = (noise.Range.Low, noise.Range.High - noise.Range.Low);
        (double Mean, double Variance) before = noise.Moments(low);
        double start = before.Mean;
        double step = (noise.Moments(noise.Range.High).Mean - start) / steps;
        first = (float)start;
        stepsPerUnit = (float)(1 / step);

        // The curve is followed over clean samples in equal steps; a point lies between the two whose means are around it.
        int point = 0;
        for (int i = 1; i <= steps; i++)
        {
            (double Mean, double Variance) after = noise.Moments(low + (size * i / steps));
            for (; point <= steps && (i == steps || start + (step * point) <= after.Mean); point++)
            {
                double part = (start + (step * point) - before.Mean) / (after.Mean - before.Mean);
                variances[point] = (float)(before.Variance + (part * (after.Variance - before.Variance)));
                clean[point] = (float)(low + (size * (i - 1 + part) / steps));
            }

            before = after;
        }
    }

    /// <summary>Floats that a table takes.</summary>
    public static int Length(ClippedNoise noise) => 2 * (Steps(noise) + 1);

    /// <summary>The variance of what the clean sample of a mean becomes.</summary>
    public float Variance(float mean) => At(variances, mean);

    /// <summary>The clean sample that becomes a mean.</summary>
    public float Clean(float mean) => At(clean, mean);

    private static int Steps(ClippedNoise noise) =>
        (int)Math.Clamp(StepsPerDeviation * (noise.Range.High - noise.Range.Low) / noise.Sigma, FewestSteps, MostSteps);

    private float At(float* points, float mean)
    {
        float position = Math.Clamp((mean - first) * stepsPerUnit, 0, steps);
        int index = Math.Min((int)position, steps - 1);
        return points[index] + ((position - index) * (points[index + 1] - points[index]));
    }
}
