using System.Buffers.Binary;
using System.Text;
using NonLocal.Formats.Reading;

namespace NonLocal.Formats.PyTorch;

/// <summary>The bytes of one pickle, read forward through a small buffer. Lengths are checked before memory is taken.</summary>
internal sealed class PickleInput
{
    private const int BufferBytes = 1 << 14;
    private const int LongestText = 1 << 20;
    private const int LongestName = 1 << 10;

    // Text that is not valid UTF-8 is what Python 2 made of bytes.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ByteSource source;
    private readonly string name;
    private readonly long start;
    private readonly long length;
    private readonly byte[] buffer = new byte[BufferBytes];
    private int next;
    private int filled;
    private long filledTo;

    /// <summary>A part of a file.</summary>
    /// <param name="source">The file.</param>
    /// <param name="name">What errors call this part.</param>
    /// <param name="start">Where it begins; its own byte 0.</param>
    /// <param name="length">Its bytes, all inside the file.</param>
    public PickleInput(ByteSource source, string name, long start, long length)
    {
        this.source = source;
        this.name = name;
        this.start = start;
        this.length = length;
    }

    /// <summary>The number of bytes read so far.</summary>
    public long Position => filledTo - filled + next;

    /// <summary>The memory that what is read may take.</summary>
    public ReadBudget Budget => source.Budget;

    /// <summary>An error at the byte that was read last.</summary>
    public FileFormatException Error(string problem) => new($"{name} at byte {Math.Max(0, Position - 1)}: {problem}");

    public byte ReadByte() => Take(1)[0];

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public double ReadDouble() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>A text of so many bytes.</summary>
    public string ReadText(long bytes)
    {
        Budget.Charge(64 + (2 * CheckLength(bytes)), "the texts of the file");
        byte[]? large = bytes > BufferBytes ? ReadBytes(bytes) : null;
        ReadOnlySpan<byte> text = large ?? Take((int)bytes);
        try
        {
            return Strict.GetString(text);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(text);
        }
    }

    /// <summary>So many bytes in an array of their own.</summary>
    public byte[] ReadBytes(long bytes)
    {
        Budget.Charge(32 + CheckLength(bytes), "the texts of the file");
        byte[] result = new byte[bytes];
        for (int done = 0; done < result.Length;)
        {
            int part = Math.Min(BufferBytes, result.Length - done);
            Take(part).CopyTo(result.AsSpan(done));
            done += part;
        }

        return result;
    }

    /// <summary>Passes over so many bytes, which stay in the file.</summary>
    public PickleBytes PassOver(long bytes)
    {
        if (bytes > length - Position)
        {
            throw Error($"a text or number of {bytes} bytes, but {length - Position} are left");
        }

        Budget.Charge(64, "the texts of the file");
        PickleBytes passed = new(source, start + Position, bytes);
        if (bytes <= filled - next)
        {
            next += (int)bytes;
            return passed;
        }

        filledTo = Position + bytes;
        next = filled = 0;
        return passed;
    }

    /// <summary>A line of ASCII text without its end.</summary>
    public string ReadLine()
    {
        var line = new StringBuilder();
        for (byte value = ReadByte(); value != '\n'; value = ReadByte())
        {
            if (line.Length == LongestName)
            {
                throw Error($"a name has more than {LongestName} letters");
            }

            line.Append((char)value);
        }

        Budget.Charge(64 + (4 * line.Length), "the names of the file");
        return line.ToString();
    }

    private long CheckLength(long bytes)
    {
        if (bytes < 0 || bytes > LongestText || bytes > length - Position)
        {
            throw Error($"a text or number of {bytes} bytes, but {length - Position} are left; expected at most {LongestText}");
        }

        return bytes;
    }

    // At most the buffer's size.
    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > filled - next)
        {
            if (count > length - Position)
            {
                throw Error($"the pickle ends after {length} bytes, in the middle of an instruction; it is truncated or corrupt");
            }

            buffer.AsSpan(next, filled - next).CopyTo(buffer);
            filled -= next;
            next = 0;
            int more = (int)Math.Min(buffer.Length - filled, length - filledTo);
            source.Read(start + filledTo, buffer.AsSpan(filled, more), name);
            filled += more;
            filledTo += more;
        }

        next += count;
        return buffer.AsSpan(next - count, count);
    }
}
