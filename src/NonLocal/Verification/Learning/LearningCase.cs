namespace NonLocal.Verification.Learning;

/// <summary>A file about training: what it gives, and how it is to be checked.</summary>
/// <param name="Tensors">All tensors by name.</param>
/// <param name="Config">The configuration.</param>
/// <param name="Precision">Compiled programs, or literal definitions in double.</param>
/// <param name="Tolerances">What may differ.</param>
internal sealed record LearningCase(
    IReadOnlyDictionary<string, CaseTensor> Tensors,
    CaseConfig Config,
    VerificationPrecision Precision,
    CaseTolerances Tolerances)
{
    /// <summary>A tensor of the file.</summary>
    /// <exception cref="UnsupportedBlockException">There is none.</exception>
    public CaseTensor Given(string name) => Tensors.TryGetValue(name, out CaseTensor? tensor)
        ? tensor : throw new UnsupportedBlockException($"the file has no tensor '{name}'.");

    /// <summary>Elements of a tensor of the file.</summary>
    /// <exception cref="BlockMismatchException">Another number of elements.</exception>
    public double[] Content(string name, long count) => Given(name) is var tensor && tensor.Content.Length == count
        ? tensor.Content
        : throw new BlockMismatchException($"'{name}' has shape {tensor.Shape}, expected {count} elements.");

    /// <summary>The tensors whose names begin with a prefix, without it.</summary>
    public Dictionary<string, CaseTensor> Under(string prefix) => CaseTensor.Under(prefix, Tensors);

    /// <summary>How many tensors there are whose names differ in a number that counts up.</summary>
    /// <param name="name">From a number to a name.</param>
    /// <param name="first">The first number.</param>
    public int Count(Func<int, string> name, int first = 0)
    {
        int count = 0;
        while (Tensors.ContainsKey(name(first + count)))
        {
            count++;
        }

        return count;
    }

    /// <summary>Compares a tensor that must be there with what was computed for it.</summary>
    public TensorComparison Compare(string name, double[]? computed, double tolerance) =>
        CaseComparison.Of(name, Given(name).Content, computed, tolerance);
}
