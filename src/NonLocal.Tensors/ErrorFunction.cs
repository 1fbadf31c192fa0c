namespace NonLocal.Tensors;

/// <summary>erf(x) to about 1e-15, for literal definitions.</summary>
internal static class ErrorFunction
{
    private const double SeriesEnds = 2.5;

    public static double Of(double x)
    {
        double size = Math.Abs(x);
        double value = size < SeriesEnds ? Series(size) : 1 - Complement(size);
        return double.IsNaN(x) ? x : x < 0 ? -value : value;
    }

    // 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): all terms are positive, so nothing cancels.
    private static double Series(double x)
    {
        double term = x;
        double sum = x;
        for (int n = 1; n < 200 && term > sum * 1e-17; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    // erfc(x) = e^(−x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))), from the inside out.
    private static double Complement(double x)
    {
        double fraction = x;
        for (int n = 120; n >= 1; n--)
        {
            fraction = x + (n / 2.0 / fraction);
        }

        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / fraction;
    }
}
