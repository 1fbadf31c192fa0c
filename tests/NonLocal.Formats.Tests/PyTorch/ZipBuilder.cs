using System.Buffers.Binary;
using System.Text;

namespace NonLocal.Formats.Tests.PyTorch;

/// <summary>Makes zip archives of stored files, right ones and wrong ones.</summary>
internal static class ZipBuilder
{
    private const uint LocalSignature = 0x04034B50;
    private const uint EntrySignature = 0x02014B50;
    private const uint EndSignature = 0x06054B50;

    /// <summary>A checkpoint: a pickle, and storages named 0, 1, 2, ….</summary>
    public static byte[] Checkpoint(byte[] pickle, params byte[][] storages) =>
        Archive([("a/data.pkl", pickle), .. storages.Select((bytes, i) => ($"a/data/{i}", bytes))]);

    /// <summary>An archive of files in the order given.</summary>
    public static byte[] Archive(params (string Name, byte[] Bytes)[] files)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        var offsets = new List<uint>();
        foreach ((string name, byte[] bytes) in files)
        {
            offsets.Add((uint)stream.Position);
            writer.Write(LocalSignature);
            writer.Write(new byte[10]);
            WriteSizes(writer, name, bytes);
            writer.Write((ushort)0);
            writer.Write(Encoding.UTF8.GetBytes(name));
            writer.Write(bytes);
        }

        uint directory = (uint)stream.Position;
        for (int i = 0; i < files.Length; i++)
        {
            writer.Write(EntrySignature);
            writer.Write(new byte[12]);
            WriteSizes(writer, files[i].Name, files[i].Bytes);
            writer.Write(new byte[12]);
            writer.Write(offsets[i]);
            writer.Write(Encoding.UTF8.GetBytes(files[i].Name));
        }

        uint end = (uint)stream.Position;
        writer.Write(EndSignature);
        writer.Write(0);
        writer.Write((ushort)files.Length);
        writer.Write((ushort)files.Length);
        writer.Write(end - directory);
        writer.Write(directory);
        writer.Write((ushort)0);
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

    private static void WriteSizes(BinaryWriter writer, string name, byte[] bytes)
    {
        writer.Write(Crc32.Compute(bytes));
        writer.Write((uint)bytes.Length);
        writer.Write((uint)bytes.Length);
        writer.Write((ushort)Encoding.UTF8.GetByteCount(name));
    }
}
