using NonLocal.Formats.Reading;

namespace NonLocal.Formats.PyTorch;

/// <summary>Finds the weights in a checkpoint: the dictionary whose keys are all texts and whose values are all tensors.</summary>
internal sealed class StateDictionary
{
    private const int Listed = 8;

    private readonly HashSet<CheckpointDictionary> seen = new(ReferenceEqualityComparer.Instance);
    private readonly List<(string Path, CheckpointDictionary Dictionary)> found = [];

    /// <summary>The dictionary that a key names, or the only one there is.</summary>
    /// <param name="root">What was saved.</param>
    /// <param name="key">Keys with dots between them, or null.</param>
    public static CheckpointDictionary Choose(object? root, string? key)
    {
        var search = new StateDictionary();
        root = Caffe2Blobs.Weights(root);
        search.Walk(root, "");
        if (key is not null)
        {
            CheckpointDictionary chosen = Follow(root, key)
                ?? throw new FileFormatException($"there is no dictionary under the key {Quoted.Name(key)}; {search.Choices()}");
            return IsStateDictionary(chosen)
                ? chosen
                : throw new FileFormatException(
                    $"the dictionary under the key {Quoted.Name(key)} does not hold tensors by name only;"
                    + $" {search.Choices()}");
        }

        return search.found.Count == 1
            ? search.found[0].Dictionary
            : throw new FileFormatException(search.found.Count == 0
                ? "the file holds no dictionary of tensors by name; expected a state_dict, alone or inside other dictionaries"
                : $"the file holds {search.found.Count} dictionaries of tensors; choose one by its key: {search.Choices()}");
    }

    private void Walk(object? value, string path)
    {
        if (value is not CheckpointDictionary dictionary || !seen.Add(dictionary))
        {
            return;
        }

        if (IsStateDictionary(dictionary))
        {
            found.Add((path, dictionary));
            return;
        }

        foreach ((object key, object? item) in dictionary)
        {
            // Under a number lies what an optimiser keeps for a parameter.
            if (item is CheckpointDictionary && key is string name)
            {
                Walk(item, path.Length == 0 ? name : $"{path}.{name}");
            }
        }
    }

    private static bool IsStateDictionary(CheckpointDictionary dictionary) =>
        dictionary.Count > 0 && dictionary.All(static entry => entry.Key is string && entry.Value is CheckpointTensor);

    // A key may hold dots itself, so every way to cut the path is tried.
    private static CheckpointDictionary? Follow(object? value, string path)
    {
        if (value is not CheckpointDictionary dictionary || path.Length == 0)
        {
            return value as CheckpointDictionary;
        }

        if (dictionary.TryGetDictionary(path, out CheckpointDictionary? whole))
        {
            return whole;
        }

        for (int dot = path.IndexOf('.'); dot >= 0; dot = path.IndexOf('.', dot + 1))
        {
            if (dictionary.TryGetDictionary(path[..dot], out CheckpointDictionary? inner)
                && Follow(inner, path[(dot + 1)..]) is { } reached)
            {
                return reached;
            }
        }

        return null;
    }

    private string Choices() => found.Count == 0
        ? "there is none in the file"
        : string.Join(", ", found.Take(Listed).Select(choice => $"{Quoted.Name(choice.Path)} ({choice.Dictionary.Count} tensors)"))
            + (found.Count > Listed ? ", …" : "");
}
