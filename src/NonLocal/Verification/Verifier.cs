using NonLocal.Formats;
using NonLocal.Tensors;
using NonLocal.Verification.Learning;

namespace NonLocal.Verification;

/// <summary>
/// Asks whether a block of this library computes what its published implementation computed: reads inputs, parameters and
/// results from a safetensors file, builds the block that the file names, runs it forward and backward and compares.
/// </summary>
/// <remarks>
/// The file's metadata names <c>block</c>, <c>config</c> (JSON) and <c>mode</c> (train or eval), and may give <c>inputs</c>,
/// <c>outputs</c>, <c>tol_output</c>, <c>tol_grad</c>, <c>analytically_zero_grads</c> and <c>reference_grad_none</c>. Tensors:
/// <c>input*</c>, <c>output*</c>, <c>attention*</c>, <c>grad_output*</c>, <c>grad_input*</c>, <c>param.KEY</c>, <c>grad.KEY</c> and
/// <c>after.KEY</c>, in PyTorch's order of axes. Several forward passes in a row are <c>input.0</c>, <c>output.0</c>,
/// <c>after0.KEY</c>, <c>input.1</c> …, and <c>output.eval</c> the last input once more in evaluation. Files about training (optimisers,
/// clipping, schedules, whole steps) have tensors of their own; see <c>docs/verification.md</c>.
/// </remarks>
public static class Verifier
{
    /// <summary>The names of blocks that files can ask for.</summary>
    public static IReadOnlyCollection<string> Blocks => [.. BlockTable.Names, .. LearningTable.Names];

    /// <summary>Checks one file. Everything that can be wrong with it is in the result.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="precision">Kernels in single precision, or literal definitions in double.</param>
    public static VerificationResult Verify(string path, VerificationPrecision precision = VerificationPrecision.Single)
    {
        TensorFile file;
        try
        {
            file = Safetensors.Read(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new VerificationResult(path, "", VerificationStatus.Unreadable, null, [], error.Message);
        }

        return Verify(path, file, precision);
    }

    /// <summary>Checks what was read from a file. See <see cref="Verify(string, VerificationPrecision)"/>.</summary>
    /// <param name="name">For the result.</param>
    /// <param name="tensors">The file's tensors and metadata.</param>
    /// <param name="precision">Kernels in single precision, or literal definitions in double.</param>
    public static VerificationResult Verify(string name, TensorFile tensors, VerificationPrecision precision = VerificationPrecision.Single)
    {
        VerificationFile file = new(tensors);
        VerificationResult Stop(VerificationStatus status, string reason) => new(name, file.Block, status, null, [], reason);
        try
        {
            CaseTolerances tolerances = precision == VerificationPrecision.Double ? CaseTolerances.Double : file.Tolerances;
            List<TensorComparison> comparisons = LearningTable.Find(file.Block) is { } check
                ? [.. check(new LearningCase(file.Tensors, new CaseConfig(file.Config), precision, tolerances))]
                : [.. file.Passes().SelectMany(pass => Check(file, pass, precision, tolerances))];
            return comparisons.Count == 0
                ? Stop(VerificationStatus.Unsupported, "the file has nothing to compare with.")
                : Judge(name, file.Block, comparisons);
        }
        catch (UnsupportedBlockException error)
        {
            return Stop(VerificationStatus.Unsupported, error.Message);
        }
        catch (Exception error) when (error is BlockMismatchException or ShapeException)
        {
            return Stop(VerificationStatus.Differ, error.Message);
        }
        catch (Exception error) when (error is ArgumentException or OverflowException or OutOfMemoryException or NotSupportedException)
        {
            // Sizes that no tensor can have.
            return Stop(VerificationStatus.Unsupported, error.Message);
        }
    }

    private static VerificationResult Judge(string path, string block, List<TensorComparison> comparisons)
    {
        TensorComparison worst = comparisons.MaxBy(comparison => comparison.Badness)!;
        bool agrees = comparisons.TrueForAll(comparison => comparison.Agrees);
        string? reason = double.IsPositiveInfinity(worst.Error) ? $"the block computes no '{worst.Tensor}' of that shape." : null;
        return new VerificationResult(
            path, block, agrees ? VerificationStatus.Agree : VerificationStatus.Differ, worst, comparisons, reason);
    }

    // Parameters of the pass are those of the file, with the buffers that earlier passes have changed.
    private static List<TensorComparison> Check(
        VerificationFile file, CasePass pass, VerificationPrecision precision, CaseTolerances tolerances)
    {
        CaseConfig config = new(file.Config);
        BlockCase block = new(pass.Tensors, pass.Parameters, config, pass.Training);
        BlockTable.Find(file.Block)(block);
        block.ExpectEverythingUsed();
        bool gradients = pass.Tensors.Keys.Any(CaseComparison.IsGradient);
        Dictionary<string, CaseTensor> results = CaseRunner.Run(block, precision, gradients);
        CaseComparison comparison = new(pass.Tensors, tolerances, file.ZeroGradients);
        List<TensorComparison> comparisons = [];

        // A file of a training pass without any changed buffer did not record them.
        bool recordsStates = !pass.Training || pass.Tensors.Keys.Any(name => name.StartsWith("after.", StringComparison.Ordinal));
        foreach (string name in pass.Tensors.Keys.Where(IsResult))
        {
            comparisons.Add(comparison.Compare(name, results.GetValueOrDefault(name)) with { Tensor = pass.NameInFile(name) });
        }

        foreach (StateEntry state in block.States.Where(state => results.ContainsKey("after." + state.Key)))
        {
            string after = "after." + state.Key;
            if (recordsStates && !pass.Tensors.ContainsKey(after) && !CaseComparison.IsCounter(after))
            {
                comparisons.Add(comparison.CompareUnchanged(state.Key, pass.Parameters[state.Key], results[after]));
            }

            pass.Parameters[state.Key] = results[after] with { Shape = pass.Parameters[state.Key].Shape };
        }

        return comparisons;
    }

    private static bool IsResult(string name) =>
        CaseComparison.IsGradient(name)
        || name.StartsWith("output", StringComparison.Ordinal)
        || name.StartsWith("attention", StringComparison.Ordinal)
        || name.StartsWith("after.", StringComparison.Ordinal)
        || name.EndsWith("_after", StringComparison.Ordinal);
}
