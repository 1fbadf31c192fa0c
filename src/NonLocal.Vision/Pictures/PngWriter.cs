using System.Buffers.Binary;
using System.IO.Compression;
using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>Writes a picture as PNG: 8 bits, not interlaced, each row with the filter that promises the smallest file.</summary>
internal static class PngWriter
{
    private const int BytesPerChunk = 1 << 20;

    /// <summary>Writes the whole file.</summary>
    public static void Write(Stream stream, Picture picture)
    {
        stream.Write(PngFile.Signature);
        Span<byte> header = stackalloc byte[PngHeader.Length];
        header.Clear();
        BinaryPrimitives.WriteInt32BigEndian(header, picture.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], picture.Height);
        header[8] = 8;
        header[9] = (byte)(picture.Channels switch
        {
            1 => PngColour.Grey,
            2 => PngColour.GreyAlpha,
            3 => PngColour.Rgb,
            _ => PngColour.Rgba,
        });
        WriteChunk(stream, "IHDR"u8, header);
        ReadOnlySpan<byte> data = Compress(picture);
        while (!data.IsEmpty)
        {
            ReadOnlySpan<byte> part = data[..Math.Min(data.Length, BytesPerChunk)];
            WriteChunk(stream, "IDAT"u8, part);
            data = data[part.Length..];
        }

        WriteChunk(stream, "IEND"u8, []);
    }

    private static byte[] Compress(Picture picture)
    {
        MemoryStream compressed = new();
        using (ZLibStream deflater = new(compressed, CompressionLevel.Optimal))
        {
            int length = picture.Width * picture.Channels;
            byte[] best = new byte[1 + length];
            byte[] candidate = new byte[1 + length];
            ReadOnlySpan<byte> above = new byte[length];
            for (int y = 0; y < picture.Height; y++)
            {
                Filter(picture.Row(y), above, picture.Channels, ref best, ref candidate);
                deflater.Write(best);
                above = picture.Row(y);
            }
        }

        return compressed.ToArray();
    }

    // The specification's own advice (section 12.8): differences taken as signed, the filter with the smallest sum of magnitudes.
    private static void Filter(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int distance, ref byte[] best, ref byte[] candidate)
    {
        long least = long.MaxValue;
        for (int filter = 0; filter < PngFilter.Count; filter++)
        {
            candidate[0] = (byte)filter;
            PngFilter.Apply(filter, row, above, distance, candidate.AsSpan(1));
            long sum = 0;
            foreach (byte difference in candidate.AsSpan(1))
            {
                sum += Math.Abs((int)(sbyte)difference);
            }

            if (sum < least)
            {
                least = sum;
                (best, candidate) = (candidate, best);
            }
        }
    }

    private static void WriteChunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        stream.Write(number);
        stream.Write(type);
        stream.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Compute(data, Crc32.Compute(type)));
        stream.Write(number);
    }
}
