using NonLocal.Tensors;

namespace NonLocal.Verification;

/// <summary>A tensor of a verification file. Double holds every F32, F64 and every I64 that occurs exactly.</summary>
/// <param name="Shape">In the file's order of axes.</param>
/// <param name="Content">Elements, row-major.</param>
internal sealed record CaseTensor(Shape Shape, double[] Content)
{
    /// <summary>The tensors whose names begin with a prefix, under the rest of their names.</summary>
    public static Dictionary<string, CaseTensor> Under(string prefix, IReadOnlyDictionary<string, CaseTensor> tensors) => tensors
        .Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal))
        .ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value);
}
