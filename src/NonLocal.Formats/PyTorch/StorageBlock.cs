using NonLocal.Formats.Reading;

namespace NonLocal.Formats.PyTorch;

/// <summary>One run of numbers in a checkpoint file, which any number of tensors look at.</summary>
internal sealed class StorageBlock(ByteSource? source, string key, long bytes)
{
    private byte[]? data;

    /// <summary>Numbers that were read with what describes them.</summary>
    public StorageBlock(byte[] data, string key)
        : this(null, key, data.Length) => this.data = data;

    /// <summary>The name that tensors refer to it by.</summary>
    public string Key => key;

    /// <summary>Its size in bytes.</summary>
    public long Bytes => bytes;

    /// <summary>Bytes of one element, as the first tensor that uses it has it.</summary>
    public required int ElementSize { get; init; }

    /// <summary>Where it begins in the file; negative until the container's reader has found it.</summary>
    public long FileOffset { get; set; } = -1;

    /// <summary>The checksum the container gives for it, if it gives one.</summary>
    public uint? Checksum { get; init; }

    /// <summary>Reads it, once.</summary>
    public byte[] Load()
    {
        if (data is not null)
        {
            return data;
        }

        string what = $"storage {Quoted.Name(key)}";
        byte[] read = source!.Read(FileOffset, bytes, what);
        if (Checksum is { } expected && Crc32.Compute(read) is uint found && found != expected)
        {
            throw new FileFormatException(
                $"{what} has the checksum {found:x8}; expected {expected:x8}: the file is damaged, fetch it"
                + " again");
        }

        return data = read;
    }

    /// <summary>Takes memory for something made of this storage.</summary>
    public void Charge(long moreBytes, string what) => source?.Budget.Charge(moreBytes, what);
}

/// <summary>A storage as a pickle names it: elements of one type from a byte of a block.</summary>
/// <param name="Block">The bytes.</param>
/// <param name="Type">The type of the elements; null for the untyped storages of newer files, which count bytes.</param>
/// <param name="Offset">In bytes.</param>
/// <param name="Count">In elements.</param>
internal sealed record StorageView(StorageBlock Block, StoredType? Type, long Offset, long Count);
