namespace NonLocal.Formats.Reading;

/// <summary>A file as numbered bytes. Every read is checked against its length before memory is taken.</summary>
internal sealed class ByteSource
{
    private readonly Stream stream;
    private readonly long start;

    /// <summary>What is left of a stream, from its position.</summary>
    /// <exception cref="ArgumentException">The stream cannot be read or cannot seek.</exception>
    public ByteSource(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead || !stream.CanSeek)
        {
            throw new ArgumentException("the stream has to be readable and seekable", nameof(stream));
        }

        this.stream = stream;
        start = stream.Position;
        Length = Math.Max(0, stream.Length - start);
        Budget = new ReadBudget(Length);
    }

    /// <summary>How many bytes there are.</summary>
    public long Length { get; }

    /// <summary>The memory that reading may take.</summary>
    public ReadBudget Budget { get; }

    /// <summary>Whether <paramref name="count"/> bytes exist from <paramref name="offset"/>.</summary>
    public bool Holds(long offset, long count) => offset >= 0 && count >= 0 && offset <= Length && count <= Length - offset;

    /// <summary>Fills a span with the bytes from an offset.</summary>
    /// <param name="offset">From the beginning of the file.</param>
    /// <param name="destination">Filled completely.</param>
    /// <param name="what">What is read: the subject of the error's sentence.</param>
    /// <exception cref="FileFormatException">The file ends before.</exception>
    public void Read(long offset, Span<byte> destination, string what)
    {
        if (!Holds(offset, destination.Length))
        {
            throw new FileFormatException(
                $"{what} would be {destination.Length} bytes at byte {offset}, but the file ends at byte {Length}; it"
                + " is truncated or corrupt");
        }

        stream.Position = start + offset;
        if (stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) < destination.Length)
        {
            throw new FileFormatException($"{what} could not be read to its end: the file became shorter while it was read");
        }
    }

    /// <summary>The bytes from an offset in an array of their own, charged to the budget.</summary>
    public byte[] Read(long offset, long count, string what)
    {
        if (!Holds(offset, count))
        {
            throw new FileFormatException(
                $"{what} would be {count} bytes at byte {offset}, but the file ends at byte {Length}; it is truncated or corrupt");
        }

        if (count > Array.MaxLength)
        {
            throw new FileFormatException($"{what} is {count} bytes; expected at most {Array.MaxLength}");
        }

        Budget.Charge(count, what);
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)count);
        Read(offset, bytes, what);
        return bytes;
    }
}
