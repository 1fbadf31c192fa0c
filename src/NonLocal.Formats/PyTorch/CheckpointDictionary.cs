using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace NonLocal.Formats.PyTorch;

/// <summary>A dictionary of a PyTorch checkpoint, in the file's order.</summary>
/// <remarks>
/// Keys are texts, whole numbers (<see cref="long"/>) and whatever else Python allows. Values are null, <see cref="bool"/>,
/// <see cref="long"/>, <see cref="System.Numerics.BigInteger"/>, <see cref="double"/>, <see cref="string"/>, byte arrays,
/// <see cref="CheckpointTensor"/>, <see cref="CheckpointList"/> and dictionaries; more than 4096 bytes that belong to no array are passed
/// over and stand as an object that says nothing.
/// </remarks>
public sealed class CheckpointDictionary : IReadOnlyCollection<KeyValuePair<object, object?>>
{
    private readonly OrderedDictionary<object, object?> entries = new(KeyComparer.Instance);

    internal CheckpointDictionary(bool isObject = false)
    {
        IsObject = isObject;
    }

    /// <summary>How many entries.</summary>
    public int Count => entries.Count;

    /// <summary>Whether this stands for an object with attributes (argparse's Namespace) and not for a dictionary.</summary>
    internal bool IsObject { get; }

    /// <summary>Finds the value of a key.</summary>
    public bool TryGet(object key, out object? value) => entries.TryGetValue(key, out value);

    /// <summary>Finds the dictionary of a key.</summary>
    /// <returns>False too where the key has a value of another kind.</returns>
    public bool TryGetDictionary(string key, [NotNullWhen(true)] out CheckpointDictionary? value)
    {
        value = entries.TryGetValue(key, out object? found) ? found as CheckpointDictionary : null;
        return value is not null;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<object, object?>> GetEnumerator() => entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Sets a value; a key that is there keeps its place, as in Python.</summary>
    internal void Set(object key, object? value) => entries[key] = value;
}
