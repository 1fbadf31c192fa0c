using NonLocal.Tensors;

namespace NonLocal.Layers;

/// <summary>What became of every key when weights were laid over a module.</summary>
/// <param name="Matched">Keys of the module that were found with the right shape, under this or an alternative name.</param>
/// <param name="Missing">Keys of the module that are not in the file.</param>
/// <param name="Unexpected">Keys of the file that the module does not have.</param>
/// <param name="MisShaped">Keys that both have, in different shapes.</param>
/// <param name="MissingCounters">
/// Counters (<c>num_batches_tracked</c>) that old files do not have; they start at 0 and break no rule.
/// </param>
public sealed record LoadReport(
    IReadOnlyList<string> Matched,
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Unexpected,
    IReadOnlyList<MisShapedKey> MisShaped,
    IReadOnlyList<string> MissingCounters)
{
    private const int NamesInSentence = 8;

    /// <summary>True when nothing is missing, unexpected or mis-shaped.</summary>
    public bool IsComplete => Missing.Count == 0 && Unexpected.Count == 0 && MisShaped.Count == 0;

    /// <summary>One line: how many keys matched, and what is wrong, with the first names of each kind.</summary>
    public override string ToString()
    {
        List<string> parts = [$"{Matched.Count} keys match"];
        Add(parts, Missing, "missing");
        Add(parts, Unexpected, "unexpected");
        Add(parts, [.. MisShaped.Select(key => key.ToString())], "mis-shaped");
        return string.Join(", ", parts);
    }

    private static void Add(List<string> parts, IReadOnlyList<string> keys, string kind)
    {
        if (keys.Count == 0)
        {
            return;
        }

        string more = keys.Count > NamesInSentence ? $" and {keys.Count - NamesInSentence} more" : "";
        parts.Add($"{keys.Count} {kind} ({string.Join(", ", keys.Take(NamesInSentence))}{more})");
    }
}

/// <summary>A key whose tensor has another shape than the module expects. Both shapes are PyTorch's.</summary>
/// <param name="Name">The module's key.</param>
/// <param name="Expected">The module's shape.</param>
/// <param name="Found">The file's shape, as in <c>64x3x7x7</c>.</param>
public sealed record MisShapedKey(string Name, Shape Expected, string Found)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} is {Found}, expected {Expected}";
}
