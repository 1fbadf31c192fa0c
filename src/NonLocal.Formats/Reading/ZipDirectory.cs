using System.Buffers.Binary;
using System.Text;

namespace NonLocal.Formats.Reading;

/// <summary>One file of a zip archive.</summary>
/// <param name="Name">Its name; never used as a path.</param>
/// <param name="HeaderOffset">Where its local header begins.</param>
/// <param name="Size">Its bytes in the archive.</param>
/// <param name="Checksum">Its CRC-32.</param>
/// <param name="IsStored">Whether these are the file's own bytes, neither compressed nor encrypted.</param>
internal sealed record ZipEntry(string Name, long HeaderOffset, long Size, uint Checksum, bool IsStored);

/// <summary>The directory of a zip archive of stored (not compressed) files, with 64-bit sizes where needed.</summary>
/// <remarks>No compressed file is ever opened, so no archive can expand: a file has as many bytes as it takes in the archive.</remarks>
internal sealed class ZipDirectory
{
    private const uint EndSignature = 0x06054B50;
    private const uint End64LocatorSignature = 0x07064B50;
    private const uint End64Signature = 0x06064B50;
    private const uint EntrySignature = 0x02014B50;
    private const uint LocalSignature = 0x04034B50;
    private const int EndBytes = 22;
    private const int End64LocatorBytes = 20;
    private const int End64Bytes = 56;
    private const int EntryBytes = 46;
    private const int LocalBytes = 30;
    private const int LongestComment = ushort.MaxValue;

    // Entry, name, place in the dictionary.
    private const int MemoryBytes = 256;

    private readonly ByteSource source;
    private readonly Dictionary<string, ZipEntry> entries = new(StringComparer.Ordinal);
    private long directoryOffset;
    private long directoryBytes;
    private long entryCount;

    private ZipDirectory(ByteSource source)
    {
        this.source = source;
    }

    /// <summary>The files by name.</summary>
    public IReadOnlyDictionary<string, ZipEntry> Entries => entries;

    /// <summary>Whether a file that begins with these bytes is a zip archive.</summary>
    public static bool Recognises(ReadOnlySpan<byte> beginning) =>
        beginning.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(beginning) is LocalSignature or EndSignature;

    /// <summary>Reads the directory at the end of an archive.</summary>
    public static ZipDirectory Read(ByteSource source)
    {
        var directory = new ZipDirectory(source);
        directory.FindDirectory();
        directory.ReadEntries();
        return directory;
    }

    /// <summary>Where the bytes of a file begin.</summary>
    /// <exception cref="FileFormatException">The file is compressed or encrypted, or not where the directory has it.</exception>
    public long Locate(ZipEntry entry)
    {
        if (!entry.IsStored)
        {
            throw new FileFormatException(
                $"{Quoted.Name(entry.Name)} in the zip archive is compressed or encrypted; expected files stored as"
                + " torch.save writes them");
        }

        Span<byte> header = stackalloc byte[LocalBytes];
        source.Read(entry.HeaderOffset, header, $"the header of {Quoted.Name(entry.Name)}");
        long start = entry.HeaderOffset + LocalBytes + ReadUInt16(header, 26) + ReadUInt16(header, 28);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalSignature
            || start > directoryOffset
            || entry.Size > directoryOffset - start)
        {
            throw new FileFormatException(
                $"{Quoted.Name(entry.Name)} is not at byte {entry.HeaderOffset}, where the zip directory has it; the archive is damaged");
        }

        return start;
    }

    // The end record is the last thing in the file but for a comment, whose length it holds.
    private void FindDirectory()
    {
        int searched = (int)Math.Min(source.Length, EndBytes + LongestComment);
        byte[] tail = source.Read(source.Length - searched, searched, "the end of the zip archive");
        for (int at = searched - EndBytes; at >= 0; at--)
        {
            ReadOnlySpan<byte> end = tail.AsSpan(at);
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) == EndSignature && ReadUInt16(end, 20) == end.Length - EndBytes)
            {
                ReadEnd(end, source.Length - searched + at);
                return;
            }
        }

        throw new FileFormatException(
            $"the zip archive of {source.Length} bytes has no directory at its end; it is truncated, fetch it"
            + " again");
    }

    private void ReadEnd(ReadOnlySpan<byte> end, long offset)
    {
        entryCount = ReadUInt16(end, 10);
        directoryBytes = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
        directoryOffset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        if (entryCount == ushort.MaxValue || directoryBytes == uint.MaxValue || directoryOffset == uint.MaxValue)
        {
            ReadEnd64(offset);
        }

        if (!source.Holds(directoryOffset, directoryBytes)
            || directoryOffset + directoryBytes > offset
            || entryCount > directoryBytes / EntryBytes)
        {
            throw new FileFormatException(
                $"the zip directory of {entryCount} files would be {directoryBytes} bytes at byte {directoryOffset},"
                + " which is not before its end record"
                + $" at byte {offset}; the archive is damaged");
        }
    }

    private void ReadEnd64(long endOffset)
    {
        const string What = "the 64-bit end record of the zip archive";
        Span<byte> locator = stackalloc byte[End64LocatorBytes];
        source.Read(endOffset - End64LocatorBytes, locator, What);
        long offset = BinaryPrimitives.ReadInt64LittleEndian(locator[8..]);
        Span<byte> end = stackalloc byte[End64Bytes];
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) == End64LocatorSignature)
        {
            source.Read(offset, end, What);
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != End64Signature)
        {
            throw new FileFormatException($"{What} is missing; the archive is damaged");
        }

        entryCount = BinaryPrimitives.ReadInt64LittleEndian(end[32..]);
        directoryBytes = BinaryPrimitives.ReadInt64LittleEndian(end[40..]);
        directoryOffset = BinaryPrimitives.ReadInt64LittleEndian(end[48..]);
    }

    private void ReadEntries()
    {
        ReadOnlySpan<byte> left = source.Read(directoryOffset, directoryBytes, "the zip directory");
        for (long i = 0; i < entryCount; i++)
        {
            source.Budget.Charge(MemoryBytes, "the zip directory");
            if (left.Length < EntryBytes || BinaryPrimitives.ReadUInt32LittleEndian(left) != EntrySignature)
            {
                throw new FileFormatException($"file {i} of {entryCount} in the zip directory is cut short; the archive is damaged");
            }

            int nameBytes = ReadUInt16(left, 28);
            int extraBytes = ReadUInt16(left, 30);
            int bytes = EntryBytes + nameBytes + extraBytes + ReadUInt16(left, 32);
            if (left.Length < bytes)
            {
                throw new FileFormatException($"file {i} of {entryCount} in the zip directory is cut short; the archive is damaged");
            }

            source.Budget.Charge(2L * nameBytes, "the zip directory");
            string name = Encoding.UTF8.GetString(left.Slice(EntryBytes, nameBytes));
            ZipEntry entry = ReadEntry(name, left, left.Slice(EntryBytes + nameBytes, extraBytes));
            if (!entries.TryAdd(name, entry))
            {
                throw new FileFormatException($"the zip archive has two files named {Quoted.Name(name)}; expected one");
            }

            left = left[bytes..];
        }
    }

    private ZipEntry ReadEntry(string name, ReadOnlySpan<byte> fields, ReadOnlySpan<byte> extra)
    {
        const ushort Encrypted = 1;
        bool isStored = ReadUInt16(fields, 10) == 0 && (ReadUInt16(fields, 8) & Encrypted) == 0;
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(fields[16..]);
        long packed = BinaryPrimitives.ReadUInt32LittleEndian(fields[20..]);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(fields[24..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(fields[42..]);
        ReadOnlySpan<byte> wide = WideFields(extra);
        Widen(ref size, ref wide);
        Widen(ref packed, ref wide);
        Widen(ref offset, ref wide);
        if ((isStored && size != packed) || offset > directoryOffset || !source.Holds(offset, packed))
        {
            throw new FileFormatException(
                $"{Quoted.Name(name)} in the zip archive would be {packed} bytes at byte {offset}, which do not fit"
                + $" before byte {directoryOffset};"
                + " the archive is damaged");
        }

        return new ZipEntry(name, offset, packed, checksum, isStored);
    }

    // The extra field of 64-bit numbers: those that do not fit into 32 bits, in a fixed order.
    private static ReadOnlySpan<byte> WideFields(ReadOnlySpan<byte> extra)
    {
        const ushort Wide = 1;
        while (extra.Length >= 4)
        {
            int length = Math.Min(ReadUInt16(extra, 2), extra.Length - 4);
            if (ReadUInt16(extra, 0) == Wide)
            {
                return extra.Slice(4, length);
            }

            extra = extra[(4 + length)..];
        }

        return default;
    }

    private static void Widen(ref long value, ref ReadOnlySpan<byte> wide)
    {
        if (value == uint.MaxValue && wide.Length >= 8)
        {
            value = BinaryPrimitives.ReadInt64LittleEndian(wide);
            wide = wide[8..];
        }
    }

    private static ushort ReadUInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
}
