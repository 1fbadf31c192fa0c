using System.Globalization;

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

    // The last part of a name in files that were converted from TensorFlow; and the number that starts at 0 as mmcv has it.
    private static readonly (string Published, string Ours)[] Endings =
        [(".gamma", ".weight"), (".beta", ".bias"), (".gamma.scale", ".gamma"), (".gamma", ".gamma.scale")];

    // EMANet's head under the names of mmsegmentation.
    private static readonly (string Published, string Ours)[] Beginnings =
    [
        ("emau.mu", "ema_module.bases"),
        ("emau.conv1.", "ema_mid_conv.conv."),
        ("emau.conv2.0.", "ema_out_conv.conv."),
        ("emau.conv2.1.", "ema_out_conv.bn."),
        ("fc0.", "ema_in_conv."),
        ("fc1.0.", "bottleneck."),
        ("fc2.", "conv_seg."),
    ];

    /// <summary>The names to try for a key of a file, likeliest first; the key itself is not among them.</summary>
    public static IEnumerable<string> Of(string key)
    {
        string bare = key;
        while (Array.Find(Prefixes, prefix => bare.StartsWith(prefix, StringComparison.Ordinal)) is { } found)
        {
            bare = bare[found.Length..];
            yield return bare;
        }

        if (VideoKeyAliases.Of(bare) is { } part)
        {
            yield return part;
        }

        if (Later(bare) is { } later)
        {
            yield return later;
        }

        foreach ((string published, string ours) in Beginnings)
        {
            if (bare.StartsWith(published, StringComparison.Ordinal))
            {
                yield return ours + bare[published.Length..];
            }
        }

        foreach ((string published, string ours) in Endings)
        {
            string dotted = "." + bare;
            if (dotted.EndsWith(published, StringComparison.Ordinal))
            {
                yield return (dotted[..^published.Length] + ours)[1..];
            }
        }
    }

    // layer3.5.conv1.weight of a network without attention is layer3.6.conv1.weight where a layer was inserted before it.
    private static string? Later(string key)
    {
        string[] parts = key.Split('.', 3);
        return parts.Length == 3 && parts[0].StartsWith("layer", StringComparison.Ordinal)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < int.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $"{parts[0]}.{number + 1}.{parts[2]}")
            : null;
    }
}
