using NonLocal.Formats.Reading;

namespace NonLocal.Formats.PyTorch;

/// <summary>The storages of a container, found by the tuples that its pickle has in their place.</summary>
internal abstract class StorageTable
{
    // Two bytes of a pickle may mention a key again, and every mention is hashed.
    private const int LongestKey = 64;

    private readonly Dictionary<string, StorageBlock> blocks = new(StringComparer.Ordinal);

    /// <summary>The storages that were named.</summary>
    protected IReadOnlyDictionary<string, StorageBlock> Blocks => blocks;

    /// <summary>The storage that a persistent id names.</summary>
    /// <param name="id">("storage", type, key, device, number of elements, perhaps a view as old files have it).</param>
    /// <param name="input">Makes errors.</param>
    public StorageView Find(object? id, PickleInput input)
    {
        if (id is not CheckpointList { Count: >= 5 and <= 6 } parts || parts[0] is not "storage"
            || parts[1] is not PickleGlobal { Function: PickleFunction.Storage } kind
            || parts[2] is not string { Length: <= LongestKey } key || parts[3] is not string || parts[4] is not long count)
        {
            throw input.Error("a persistent id is not that of a storage; the file is corrupt or hostile");
        }

        int size = kind.Type?.Size() ?? 1;
        if (count < 0 || count > long.MaxValue / size)
        {
            throw input.Error($"storage {Quoted.Name(key)} says it has {count} elements; expected a number that is not negative");
        }

        if (!blocks.TryGetValue(key, out StorageBlock? block))
        {
            block = Open(key, count, size, input);
            blocks.Add(key, block);
        }

        if (count * size > block.Bytes)
        {
            throw input.Error(
                $"storage {Quoted.Name(key)} has {block.Bytes} bytes, but the file says it holds {count} elements of"
                + $" {size} bytes");
        }

        return parts.Count == 6 && parts[5] is not null
            ? View(kind.Type, block, count, parts[5], input)
            : new StorageView(block, kind.Type, 0, count);
    }

    /// <summary>The storage of a key that is named for the first time.</summary>
    /// <param name="key">From the file: not to be trusted.</param>
    /// <param name="count">How many elements the pickle says it holds.</param>
    /// <param name="elementSize">Bytes of one.</param>
    /// <param name="input">Makes errors.</param>
    protected abstract StorageBlock Open(string key, long count, int elementSize, PickleInput input);

    // A part of a storage, as files before PyTorch 0.4 have it: (key, first element, elements).
    private static StorageView View(StoredType? type, StorageBlock block, long count, object? view, PickleInput input)
    {
        if (type is null || view is not CheckpointList { Count: 3 } parts
            || parts[0] is not string || parts[1] is not long first || parts[2] is not long length
            || first < 0 || length < 0 || first > count || length > count - first)
        {
            throw input.Error($"the view of storage {Quoted.Name(block.Key)} does not lie inside it");
        }

        return new StorageView(block, type, first * type.Value.Size(), length);
    }
}
