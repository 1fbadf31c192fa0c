namespace NonLocal.Verification;

/// <summary>How much a tensor may differ: what the file says, by the kind of the tensor.</summary>
/// <param name="Output">For outputs and affinities.</param>
/// <param name="Gradient">For gradients.</param>
/// <param name="State">For changed buffers.</param>
internal sealed record CaseTolerances(double Output, double Gradient, double State)
{
    /// <summary>What the root mean square of a gradient that is zero by mathematics may be, over that of the largest gradient.</summary>
    public const double Zero = 5e-5;

    /// <summary>Everything to 1e-6.</summary>
    public static CaseTolerances Double { get; } = new(1e-6, 1e-6, 1e-6);
}

/// <summary>Compares results with those of a file.</summary>
internal sealed class CaseComparison
{
    private readonly IReadOnlyDictionary<string, CaseTensor> file;
    private readonly CaseTolerances tolerances;
    private readonly HashSet<string> zeroGradients;
    private readonly double gradientScale;

    /// <summary>A comparison with a file.</summary>
    /// <param name="file">The file's tensors.</param>
    /// <param name="tolerances">What may differ.</param>
    /// <param name="zeroGradients">Keys of parameters whose gradient is zero by mathematics, or none in the reference.</param>
    public CaseComparison(IReadOnlyDictionary<string, CaseTensor> file, CaseTolerances tolerances, IEnumerable<string> zeroGradients)
    {
        this.file = file;
        this.tolerances = tolerances;
        this.zeroGradients = [.. zeroGradients];
        gradientScale = file.Where(pair => IsGradient(pair.Key)).Select(pair => RootMeanSquare(pair.Value.Content)).DefaultIfEmpty(0).Max();
    }

    /// <summary>True for a gradient of an input or parameter.</summary>
    public static bool IsGradient(string name) =>
        name.StartsWith("grad.", StringComparison.Ordinal) || name.StartsWith("grad_input", StringComparison.Ordinal);

    /// <summary>True for a count of batches.</summary>
    public static bool IsCounter(string name) => name.EndsWith("num_batches_tracked", StringComparison.Ordinal);

    /// <summary>Compares one tensor of the file with what was computed for it; null: nothing was.</summary>
    public TensorComparison Compare(string name, CaseTensor? computed)
    {
        CaseTensor expected = file[name];
        if (computed is null || computed.Content.Length != expected.Content.Length)
        {
            return Of(name, expected.Content, null, Tolerance(name));
        }

        if (IsCounter(name))
        {
            return new TensorComparison(name, Distance(computed.Content, expected.Content), 0) { IsRelative = false };
        }

        if (name.StartsWith("grad.", StringComparison.Ordinal) && zeroGradients.Contains(name["grad.".Length..]))
        {
            double share = RootMeanSquare(computed.Content) / gradientScale;
            return new TensorComparison(
                name, gradientScale == 0 ? RootMeanSquare(computed.Content) : share, Math.Min(CaseTolerances.Zero, ZeroTolerance))
            {
                IsRelative = false,
            };
        }

        return Of(name, expected.Content, computed.Content, Tolerance(name));
    }

    /// <summary>Compares a tensor's elements with what was computed for it; null: nothing was.</summary>
    public static TensorComparison Of(string name, double[] expected, double[]? computed, double tolerance)
    {
        if (computed is null || computed.Length != expected.Length)
        {
            return new TensorComparison(name, double.PositiveInfinity, tolerance);
        }

        double norm = Norm(expected);
        double distance = Distance(computed, expected);
        return new TensorComparison(name, norm == 0 ? distance : distance / norm, tolerance);
    }

    /// <summary>Compares a buffer that the reference left as it was.</summary>
    public TensorComparison CompareUnchanged(string key, CaseTensor before, CaseTensor after) =>
        Of("param." + key, before.Content, after.Content, tolerances.State);

    private double ZeroTolerance => tolerances == CaseTolerances.Double ? 1e-6 : CaseTolerances.Zero;

    /// <summary>√ of the mean of squares.</summary>
    internal static double RootMeanSquare(double[] content) => Norm(content) / Math.Sqrt(Math.Max(1, content.Length));

    private static double Norm(double[] content) => Math.Sqrt(content.Sum(number => number * number));

    // Equal infinities and NaN in the same place are no distance.
    private static double Distance(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double difference = a[i].Equals(b[i]) ? 0 : a[i] - b[i];
            sum += difference * difference;
        }

        return Math.Sqrt(sum);
    }

    private double Tolerance(string name) =>
        IsCounter(name) ? 0
        : IsGradient(name) ? tolerances.Gradient
        : name.StartsWith("after", StringComparison.Ordinal) ? tolerances.State
        : tolerances.Output;
}
