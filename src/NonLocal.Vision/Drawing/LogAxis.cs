namespace NonLocal.Vision.Drawing;

/// <summary>An axis on which equal factors take equal space.</summary>
/// <param name="low">The number at its start, above 0.</param>
/// <param name="high">The number at its end, above the first.</param>
/// <param name="start">The pixel of the first.</param>
/// <param name="end">The pixel of the last.</param>
internal sealed class LogAxis(double low, double high, double start, double end)
{
    private const double Tolerance = 1e-9;

    private static readonly double[] Steps = [1, 2, 5, 10];

    /// <summary>An axis around all numbers, from and to 1, 2 or 5 times a power of ten, with one power of ten on it at the least.</summary>
    public static LogAxis Around(IReadOnlyCollection<double> numbers, double start, double end)
    {
        (double least, double most) = (numbers.Min(), numbers.Max());
        double below = Power(least);
        double above = Power(most);
        double low = below * Steps.Last(step => step * below <= least * (1 + Tolerance));
        double high = above * Steps.First(step => step * above >= most * (1 - Tolerance));
        double power = Power(high);
        return new LogAxis(Math.Min(low, power), Math.Max(high, 10 * Power(low)), start, end);
    }

    /// <summary>Where a number is.</summary>
    public double Place(double number) => start + ((end - start) * Math.Log(number / low) / Math.Log(high / low));

    /// <summary>The powers of ten on the axis.</summary>
    public IEnumerable<double> Powers()
    {
        int first = (int)Math.Ceiling(Math.Log10(low) - Tolerance);
        int last = (int)Math.Floor(Math.Log10(high) + Tolerance);
        return Enumerable.Range(first, last - first + 1).Select(power => Math.Pow(10, power));
    }

    // The largest power of ten that is not above a number.
    private static double Power(double number) => Math.Pow(10, Math.Floor(Math.Log10(number) + Tolerance));
}
