namespace NonLocal.Layers;

/// <summary>
/// Other names under which the same tensors are published. Used only where the file has a key that the module does not know and the name
/// without it is free, so that a module with a parameter of such a name keeps it.
/// </summary>
internal static class KeyAliases
{
    // What wrappers put before every name: DataParallel, torch.compile, training frameworks around a classifier, detectors around a
    // backbone.
    private static readonly string[] Prefixes = ["module.", "_orig_mod.", "model.", "backbone.", "state_dict."];

    // The last part of a name in files that were converted from TensorFlow.
    private static readonly (string Published, string Ours)[] Endings = [(".gamma", ".weight"), (".beta", ".bias")];

    /// <summary>The names to try for a key of a file, likeliest first; the key itself is not among them.</summary>
    public static IEnumerable<string> Of(string key)
    {
        string bare = key;
        while (Array.Find(Prefixes, prefix => bare.StartsWith(prefix, StringComparison.Ordinal)) is { } found)
        {
            bare = bare[found.Length..];
            yield return bare;
        }

        foreach ((string published, string ours) in Endings)
        {
            if (bare.EndsWith(published, StringComparison.Ordinal))
            {
                yield return bare[..^published.Length] + ours;
            }
        }
    }
}
