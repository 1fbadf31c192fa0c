using System.Buffers.Binary;
using System.IO.Compression;
using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>The filtered rows inside the IDAT chunks, decompressed as they are asked for and not a byte further.</summary>
internal sealed class PngImageData : IDisposable
{
    // Deflate's best is 258 bytes for 2 bits.
    private const long MaximumExpansion = 1032;

    // The zlib stream's header, its shortest block, and its checksum.
    private const int ShortestStream = 8;

    private readonly ZLibStream inflater;
    private readonly uint storedChecksum;
    private uint checksum = Adler32.Start;

    /// <summary>Opens the stream and refuses one that is too short for the picture, before memory is taken for that.</summary>
    /// <param name="compressed">The data of the IDAT chunks, joined.</param>
    /// <param name="expected">Bytes that have to come out.</param>
    /// <exception cref="FileFormatException">The data cannot hold that many bytes.</exception>
    public PngImageData(byte[] compressed, long expected)
    {
        if (compressed.Length < ShortestStream || expected / MaximumExpansion > compressed.Length)
        {
            throw new FileFormatException(
                $"the IDAT chunks hold {compressed.Length} bytes, too few for the {expected} that the picture's size asks for");
        }

        storedChecksum = BinaryPrimitives.ReadUInt32BigEndian(compressed.AsSpan()[^4..]);
        inflater = new ZLibStream(new MemoryStream(compressed), CompressionMode.Decompress);
    }

    /// <summary>Fills <paramref name="row"/>; false when the data ends before.</summary>
    /// <exception cref="FileFormatException">The data is corrupt.</exception>
    public bool TryRead(Span<byte> row)
    {
        if (Inflate(row) < row.Length)
        {
            return false;
        }

        checksum = Adler32.Compute(row, checksum);
        return true;
    }

    /// <summary>Checks that the data ends here and has the checksum that it says.</summary>
    /// <exception cref="FileFormatException">There is more, or the checksum is another.</exception>
    public void CheckEnd()
    {
        Span<byte> beyond = stackalloc byte[1];
        if (Inflate(beyond) != 0)
        {
            throw new FileFormatException("the IDAT chunks hold more data than the picture's size asks for");
        }

        // The inflater says nothing when its input is cut short within the last bytes, so the checksum is compared here too.
        if (checksum != storedChecksum)
        {
            throw new FileFormatException($"the picture's data has the checksum {checksum:X8}, expected {storedChecksum:X8} at its end");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => inflater.Dispose();

    private int Inflate(Span<byte> destination)
    {
        try
        {
            return inflater.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            throw new FileFormatException("the data in the IDAT chunks is no valid zlib stream; the file is corrupt", inner: error);
        }
    }
}
