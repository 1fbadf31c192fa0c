namespace NonLocal.Verification;

/// <summary>The arithmetic that a block is checked in.</summary>
public enum VerificationPrecision
{
    /// <summary>The compiled program: the kernels that users run, under the tolerances of the file.</summary>
    Single,

    /// <summary>The literal definitions in double precision, with tolerance 1e-6 for everything.</summary>
    Double,
}

/// <summary>What a verification found.</summary>
public enum VerificationStatus
{
    /// <summary>Every tensor is within its tolerance.</summary>
    Agree,

    /// <summary>A tensor is not, or the parameters are not those of the block.</summary>
    Differ,

    /// <summary>The file names a block or an option that is not known here.</summary>
    Unsupported,

    /// <summary>The file cannot be read.</summary>
    Unreadable,
}

/// <summary>How far one tensor is from the reference.</summary>
/// <param name="Tensor">Its name in the file, such as <c>grad.theta.weight</c>.</param>
/// <param name="Error">
/// ‖ours − reference‖ / ‖reference‖; for gradients that are zero by mathematics: root mean square over that of the largest gradient;
/// for counters: the difference.
/// </param>
/// <param name="Tolerance">The largest error that agrees.</param>
public sealed record TensorComparison(string Tensor, double Error, double Tolerance)
{
    /// <summary>Whether the error is relative; false for counters and for gradients that are zero by mathematics.</summary>
    public bool IsRelative { get; init; } = true;

    /// <summary>Whether it is the gradient of an input or parameter.</summary>
    public bool IsGradient => CaseComparison.IsGradient(Tensor);

    /// <summary>Within tolerance. A NaN is not.</summary>
    public bool Agrees => Error <= Tolerance;

    /// <summary>Error in units of the tolerance; what the worst tensor is chosen by.</summary>
    internal double Badness => double.IsNaN(Error) ? double.PositiveInfinity : Error == 0 ? 0 : Error / Tolerance;
}

/// <summary>What was found for one file.</summary>
/// <param name="File">The path that was given.</param>
/// <param name="Block">The block that the file names; empty when it could not be read.</param>
/// <param name="Status">The verdict.</param>
/// <param name="Worst">The tensor with the largest error in units of its tolerance; null when nothing was compared.</param>
/// <param name="Tensors">All comparisons, in the order of the file.</param>
/// <param name="Reason">
/// One sentence where the status is not <see cref="VerificationStatus.Agree"/> and the worst tensor does not say it all.
/// </param>
public sealed record VerificationResult(
    string File,
    string Block,
    VerificationStatus Status,
    TensorComparison? Worst,
    IReadOnlyList<TensorComparison> Tensors,
    string? Reason)
{
    /// <summary>The largest relative error of an output, an affinity or a changed buffer; null when none was compared.</summary>
    public double? LargestForwardError => Largest(gradients: false);

    /// <summary>The largest relative error of a gradient; null when none was compared.</summary>
    public double? LargestGradientError => Largest(gradients: true);

    private double? Largest(bool gradients) => Tensors
        .Where(tensor => tensor.IsRelative && tensor.IsGradient == gradients)
        .Max(tensor => (double?)tensor.Error);
}
