using System.Buffers.Binary;
using System.Text;

namespace NonLocal.Formats.Tests.PyTorch;

/// <summary>Makes zip archives of stored files, right ones and wrong ones.</summary>
internal static class ZipBuilder
{
    private const uint LocalSignature = 0x04034B50;
    private const uint EntrySignature = 0x02014B50;
    private const uint EndSignature = 0x06054B50;
    private const uint End64Signature = 0x06064B50;
    private const uint End64LocatorSignature = 0x07064B50;

    /// <summary>A checkpoint: a pickle, and storages named 0, 1, 2, ….</summary>
    public static byte[] Checkpoint(byte[] pickle, params byte[][] storages) =>
        Archive([("a/data.pkl", pickle), .. storages.Select((bytes, i) => ($"a/data/{i}", bytes))]);

    /// <summary>An archive of files in the order given.</summary>
    public static byte[] Archive(params (string Name, byte[] Bytes)[] files) => Archive(wide: false, files);

    /// <summary>The same, with all sizes and offsets of the directory in 64 bits where <paramref name="wide"/>.</summary>
    public static byte[] Archive(bool wide, params (string Name, byte[] Bytes)[] files)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        var offsets = new List<long>();
        foreach ((string name, byte[] bytes) in files)
        {
            offsets.Add(stream.Position);
            writer.Write(LocalSignature);
            writer.Write(new byte[10]);
            WriteSizes(writer, name, bytes, (uint)bytes.Length);
            writer.Write((ushort)0);
            writer.Write(Encoding.UTF8.GetBytes(name));
            writer.Write(bytes);
        }

        long directory = stream.Position;
        for (int i = 0; i < files.Length; i++)
        {
            WriteEntry(writer, files[i].Name, files[i].Bytes, offsets[i], wide);
        }

        WriteEnd(writer, files.Length, directory, stream.Position - directory, wide);
        return stream.ToArray();
    }

    /// <summary>The same archive with the checksums of its files made right, where it can still be understood that far.</summary>
    public static byte[] WithRightChecksums(byte[] archive)
    {
        byte[] repaired = [.. archive];
        for (int at = 0; at + 46 <= repaired.Length; at++)
        {
            Span<byte> entry = repaired.AsSpan(at);
            if (BinaryPrimitives.ReadUInt32LittleEndian(entry) != EntrySignature)
            {
                continue;
            }

            long size = BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]);
            long local = BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]);
            if (local + 30 > repaired.Length)
            {
                continue;
            }

            long start = local + 30 + BinaryPrimitives.ReadUInt16LittleEndian(repaired.AsSpan((int)local + 26))
                + BinaryPrimitives.ReadUInt16LittleEndian(repaired.AsSpan((int)local + 28));
            if (start + size <= repaired.Length)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], Crc32.Compute(repaired.AsSpan((int)start, (int)size)));
            }
        }

        return repaired;
    }

    private static void WriteEntry(BinaryWriter writer, string name, byte[] bytes, long offset, bool wide)
    {
        writer.Write(EntrySignature);
        writer.Write(new byte[12]);
        WriteSizes(writer, name, bytes, wide ? uint.MaxValue : (uint)bytes.Length);
        writer.Write((ushort)(wide ? 32 : 0));
        writer.Write(new byte[10]);
        writer.Write(wide ? uint.MaxValue : (uint)offset);
        writer.Write(Encoding.UTF8.GetBytes(name));
        if (wide)
        {
            // An extra field to skip, then the one with size, packed size and offset.
            writer.Write(0x0000_CAFE);
            writer.Write(0x0018_0001);
            writer.Write((long)bytes.Length);
            writer.Write((long)bytes.Length);
            writer.Write(offset);
        }
    }

    private static void WriteEnd(BinaryWriter writer, int count, long directory, long bytes, bool wide)
    {
        if (wide)
        {
            long end64 = directory + bytes;
            writer.Write(End64Signature);
            writer.Write(44L);
            writer.Write(new byte[12]);
            writer.Write((long)count);
            writer.Write((long)count);
            writer.Write(bytes);
            writer.Write(directory);
            writer.Write(End64LocatorSignature);
            writer.Write(0);
            writer.Write(end64);
            writer.Write(1);
        }

        writer.Write(EndSignature);
        writer.Write(0);
        writer.Write(wide ? ushort.MaxValue : (ushort)count);
        writer.Write(wide ? ushort.MaxValue : (ushort)count);
        writer.Write(wide ? uint.MaxValue : (uint)bytes);
        writer.Write(wide ? uint.MaxValue : (uint)directory);
        writer.Write((ushort)0);
    }

    private static void WriteSizes(BinaryWriter writer, string name, byte[] bytes, uint size)
    {
        writer.Write(Crc32.Compute(bytes));
        writer.Write(size);
        writer.Write(size);
        writer.Write((ushort)Encoding.UTF8.GetByteCount(name));
    }
}
