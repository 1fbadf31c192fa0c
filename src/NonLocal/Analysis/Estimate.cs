namespace NonLocal.Analysis;

/// <summary>A mean over what was taken at random, and its standard error.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="StandardError">How far chance has moved it, typically; 0 where nothing was left to chance.</param>
public readonly record struct Estimate(double Mean, double StandardError)
{
    /// <summary>
    /// The mean distance over all pairs of a population, each element with itself included at distance 0, from the pairs of a sample that
    /// was drawn without putting back.
    /// </summary>
    /// <remarks>
    /// The mean over pairs is a U-statistic: its variance is close to 4/n of the variance of the mean distances of single elements
    /// (Hoeffding, 1948), and 1 − n/N of that where the population has N elements.
    /// </remarks>
    /// <param name="distances">Of each element of the sample, its mean distance to the others; at least 2.</param>
    /// <param name="population">How many elements there are.</param>
    internal static Estimate OfPairs(ReadOnlySpan<double> distances, int population)
    {
        (double mean, double variance) = Moments(distances);
        double others = (population - 1.0) / population;
        double left = 1 - ((double)distances.Length / population);
        return new(mean * others, 2 * Math.Sqrt(variance / distances.Length * left) * others);
    }

    /// <summary>
    /// The mean over pictures. What the choice of pictures does to it shows in their differences; the error of each picture's own estimate
    /// is added as if it were common to all, because all have the same queries.
    /// </summary>
    /// <param name="pictures">One for each, at least one.</param>
    internal static Estimate OfPictures(IReadOnlyCollection<Estimate> pictures)
    {
        (double mean, double variance) = Moments([.. pictures.Select(picture => picture.Mean)]);
        double common = pictures.Average(picture => picture.StandardError);
        return new(mean, Math.Sqrt((variance / pictures.Count) + (common * common)));
    }

    // The variance with one degree of freedom less; 0 for a single number.
    private static (double Mean, double Variance) Moments(ReadOnlySpan<double> numbers)
    {
        double mean = 0;
        foreach (double number in numbers)
        {
            mean += number / numbers.Length;
        }

        double squares = 0;
        foreach (double number in numbers)
        {
            squares += (number - mean) * (number - mean);
        }

        return (mean, squares / Math.Max(1, numbers.Length - 1));
    }
}
