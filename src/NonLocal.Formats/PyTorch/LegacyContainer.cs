using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using NonLocal.Formats.Reading;

namespace NonLocal.Formats.PyTorch;

/// <summary>The container before PyTorch 1.6: five pickles, then the storages. Or one pickle alone, which needs no storages.</summary>
/// <remarks>
/// The pickles are a magic number, a protocol number, the machine's sizes, the object and the keys of its storages. The storages
/// are little-endian whatever the machine was.
/// </remarks>
internal sealed class LegacyContainer : StorageTable
{
    private const long KnownProtocol = 1001;
    private const int CountBytes = 8;

    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356", CultureInfo.InvariantCulture);

    private readonly ByteSource source;

    private LegacyContainer(ByteSource source)
    {
        this.source = source;
    }

    /// <summary>Whether a file that begins with these bytes is a pickle.</summary>
    public static bool Recognises(ReadOnlySpan<byte> beginning) => beginning.Length > 0 && beginning[0] == PickleOpcode.Protocol;

    /// <summary>Reads the pickles; storages are found and measured, but not read.</summary>
    public static object? Read(ByteSource source)
    {
        const string What = "the pickle";
        var container = new LegacyContainer(source);
        var input = new PickleInput(source, What, 0, source.Length);
        object? first = new PickleMachine(input, container).Run();
        if (first is CheckpointDictionary && input.Position == source.Length && container.Blocks.Count == 0)
        {
            // No container at all: a dictionary of numpy's arrays, such as Caffe2's programs save.
            new PickleTree(What).Check(first);
            return first;
        }

        if (first is not BigInteger magic || magic != Magic)
        {
            throw new FileFormatException(
                "the pickle does not begin with PyTorch's magic number, nor is it one dictionary of arrays; expected a file of torch.save");
        }

        if (new PickleMachine(input, container).Run() is not KnownProtocol)
        {
            throw new FileFormatException($"the protocol of the file is not {KnownProtocol}, the only one there is; the file is corrupt");
        }

        if (new PickleMachine(input, container).Run() is not CheckpointDictionary)
        {
            throw new FileFormatException("the description of the machine that saved the file is missing; the file is corrupt");
        }

        object? made = new PickleMachine(input, container).Run();
        new PickleTree(What).Check(made);
        if (new PickleMachine(input, container).Run() is not CheckpointList keys)
        {
            throw new FileFormatException("the list of storages is missing after the data; the file is corrupt");
        }

        container.FindStorages(keys, input.Position);
        return made;
    }

    /// <inheritdoc/>
    protected override StorageBlock Open(string key, long count, int elementSize, PickleInput input) =>
        new(source, key, count * elementSize) { ElementSize = elementSize };

    // In the order of the list: a number of elements, then the elements.
    private void FindStorages(CheckpointList keys, long at)
    {
        Span<byte> number = stackalloc byte[CountBytes];
        foreach (object? item in keys)
        {
            if (item is not string key || !Blocks.TryGetValue(key, out StorageBlock? block) || block.FileOffset >= 0)
            {
                throw new FileFormatException("the list of storages has a key that no tensor uses, or one twice; the file is corrupt");
            }

            string what = $"storage {Quoted.Name(key)}";
            source.Read(at, number, what);
            long count = BinaryPrimitives.ReadInt64LittleEndian(number);
            at += CountBytes;
            if (count != block.Bytes / block.ElementSize || !source.Holds(at, block.Bytes))
            {
                throw new FileFormatException(
                    $"{what} at byte {at} has {count} elements; expected {block.Bytes / block.ElementSize} in"
                    + $" {block.Bytes} bytes before the file's end"
                    + $" at byte {source.Length}: it is truncated or corrupt");
            }

            block.FileOffset = at;
            at += block.Bytes;
        }

        foreach (StorageBlock block in Blocks.Values)
        {
            if (block.FileOffset < 0)
            {
                throw new FileFormatException(
                    $"storage {Quoted.Name(block.Key)} is used by a tensor but is not in the file; the file is"
                    + " incomplete");
            }
        }

        if (at != source.Length)
        {
            throw new FileFormatException($"the last storage ends at byte {at}, but the file at byte {source.Length}; it is corrupt");
        }
    }
}
