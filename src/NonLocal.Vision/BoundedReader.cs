using NonLocal.Formats;

namespace NonLocal.Vision;

/// <summary>Reads what is left of a stream into memory, up to a limit.</summary>
internal static class BoundedReader
{
    private const int FirstBlock = 1 << 16;

    /// <summary>The bytes from the stream's position to its end.</summary>
    /// <param name="stream">A file, or something that produces bytes as it is read.</param>
    /// <param name="limit">The most bytes that are taken.</param>
    /// <param name="what">The subject of the error's sentence, for example "the file" or "the gzip stream".</param>
    /// <exception cref="FileFormatException">There are more bytes than <paramref name="limit"/>.</exception>
    public static ArraySegment<byte> ReadAll(Stream stream, long limit, string what)
    {
        limit = Math.Min(limit, Array.MaxLength);
        long expected = stream.CanSeek ? Math.Max(0, stream.Length - stream.Position) : 0;
        if (expected > limit)
        {
            throw new FileFormatException($"{what} holds {expected} bytes, more than the limit of {limit}");
        }

        // One byte more than expected, so that the read that finds the end needs no larger array.
        byte[] buffer = new byte[stream.CanSeek ? expected + 1 : FirstBlock];
        int filled = 0;
        while (true)
        {
            int read = stream.Read(buffer, filled, buffer.Length - filled);
            if (read == 0)
            {
                return new ArraySegment<byte>(buffer, 0, filled);
            }

            filled += read;
            if (filled > limit)
            {
                throw new FileFormatException($"{what} holds more than the limit of {limit} bytes");
            }

            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, limit + 1));
            }
        }
    }
}
