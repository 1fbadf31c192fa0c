using System.Buffers.Binary;
using System.IO.Compression;
using NonLocal.Formats;

namespace NonLocal.Vision;

/// <summary>Expands files that may be gzip.</summary>
internal static class GzipContent
{
    /// <summary>The bytes themselves, or what they expand to where they start with gzip's mark.</summary>
    /// <param name="bytes">A whole file.</param>
    /// <param name="limit">The most bytes that it may expand to.</param>
    /// <exception cref="FileFormatException">The gzip stream is corrupt, truncated, or expands beyond the limit.</exception>
    public static ArraySegment<byte> Expand(ArraySegment<byte> bytes, long limit)
    {
        if (bytes is not [0x1F, 0x8B, ..])
        {
            return bytes;
        }

        ArraySegment<byte> expanded;
        try
        {
            using MemoryStream source = new(bytes.Array!, bytes.Offset, bytes.Count);
            using GZipStream inflater = new(source, CompressionMode.Decompress);
            expanded = BoundedReader.ReadAll(inflater, limit, "the gzip stream");
        }
        catch (InvalidDataException error)
        {
            throw new FileFormatException("the gzip stream is corrupt", inner: error);
        }

        // The inflater ends quietly where its input is cut short; the length at the end of the file tells.
        uint stored = bytes.Count < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan()[^4..]);
        if (stored != (uint)expanded.Count)
        {
            throw new FileFormatException(
                $"the gzip stream expands to {expanded.Count} bytes, expected {stored} as its end says; the file seems truncated");
        }

        return expanded;
    }
}
