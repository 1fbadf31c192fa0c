using System.Numerics;

namespace NonLocal.Formats.PyTorch;

/// <summary>Checks that what a pickle made is a tree that ordinary code can walk: plain data, not deep, nothing inside itself.</summary>
internal sealed class PickleTree(string name)
{
    private const int Deepest = 64;

    // The height of what is being walked: whoever comes by it again contains itself.
    private const int Endless = 1 << 20;

    // The heights of what was walked: shared parts are walked once, however often they are mentioned.
    private readonly Dictionary<object, int> heights = new(ReferenceEqualityComparer.Instance);

    /// <summary>Checks everything under a value.</summary>
    /// <param name="value">What a pickle made.</param>
    /// <param name="depth">How deep it lies.</param>
    /// <returns>The value's own height.</returns>
    public int Check(object? value, int depth = 0)
    {
        IEnumerable<object?>? children = value switch
        {
            null or bool or long or double or string or BigInteger or byte[] or PickleBytes or CheckpointTensor => null,
            CheckpointList list => list,
            CheckpointDictionary dictionary => dictionary.Select(static entry => entry.Value),
            PickleGlobal known => throw new FileFormatException($"{name}: the name {known.Name} stands alone; expected data"),
            NumpyArray or NumpyType => throw new FileFormatException($"{name}: a numpy array has no numbers; expected tensors"),
            _ => throw new FileFormatException($"{name}: a storage stands alone; expected tensors"),
        };
        if (children is null)
        {
            return 0;
        }

        if (heights.TryGetValue(value!, out int height))
        {
            return depth + height <= Deepest ? height : throw TooDeep();
        }

        if (depth == Deepest)
        {
            throw TooDeep();
        }

        heights.Add(value!, Endless);
        foreach (object? child in children)
        {
            height = Math.Max(height, 1 + Check(child, depth + 1));
        }

        heights[value!] = height;
        return height;
    }

    private FileFormatException TooDeep() =>
        new($"{name}: dictionaries and lists are nested more than {Deepest} deep, or one contains itself; expected tensors by name");
}
