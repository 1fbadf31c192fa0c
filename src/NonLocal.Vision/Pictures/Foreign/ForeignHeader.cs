using System.Buffers.Binary;
using System.Buffers.Text;
using NonLocal.Formats;

namespace NonLocal.Vision.Pictures.Foreign;

/// <summary>
/// What a picture for another program is, and how large, as its first bytes say: nothing is started for a picture that is over a limit.
/// </summary>
/// <param name="Format">The name for people.</param>
/// <param name="Demuxer">What ffmpeg calls it; it is told to read this and nothing else.</param>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows.</param>
internal readonly record struct ForeignHeader(string Format, string Demuxer, int Width, int Height)
{
    private const int DirectoryEntryBytes = 12;
    private const int WidthTag = 256;
    private const int HeightTag = 257;
    private const int ShortType = 3;
    private const int LongType = 4;
    private const int NetpbmHeaderBytes = 1024;

    /// <summary>The header; null where the bytes are of no format that is known here.</summary>
    /// <exception cref="FileFormatException">The header is cut off or corrupt, or the picture is over a limit.</exception>
    public static ForeignHeader? TryParse(ReadOnlySpan<byte> bytes, ReadLimits limits)
    {
        if (Recognise(bytes) is not { } found)
        {
            return null;
        }

        (string format, string demuxer) = found;
        (long width, long height) = format switch
        {
            "BMP" => OfBmp(bytes),
            "GIF" => (Short(bytes, 6), Short(bytes, 8)),
            "TIFF" => OfTiff(bytes),
            "WebP" => OfWebP(bytes),
            "PAM" => OfPam(bytes),
            _ => OfNetpbm(bytes),
        };
        if (width < 1 || height < 1)
        {
            throw new FileFormatException(
                $"the {format} picture has {width} x {height} pixels, expected at least 1 x 1; its header is corrupt");
        }

        if (Math.Max(width, height) > limits.MaximumSide || width * height > limits.MaximumPixels)
        {
            throw new FileFormatException(
                $"the {format} picture has {width} x {height} pixels, more than the limit of {limits.MaximumSide} a side "
                + $"or of {limits.MaximumPixels} in all");
        }

        return new(format, demuxer, (int)width, (int)height);
    }

    private static (string Format, string Demuxer)? Recognise(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [(byte)'B', (byte)'M', ..] => ("BMP", "bmp_pipe"),
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => ("GIF", "gif"),
        [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => ("TIFF", "tiff_pipe"),
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => ("WebP", "webp_pipe"),
        [(byte)'P', (byte)'1' or (byte)'4', (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t', ..] => ("PBM", "pbm_pipe"),
        [(byte)'P', (byte)'2' or (byte)'5', (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t', ..] => ("PGM", "pgm_pipe"),
        [(byte)'P', (byte)'3' or (byte)'6', (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t', ..] => ("PPM", "ppm_pipe"),
        [(byte)'P', (byte)'7', (byte)'\n', ..] => ("PAM", "pam_pipe"),
        _ => null,
    };

    // The old header has 16-bit sizes; in the newer ones a negative height says that rows run from top to bottom.
    private static (long Width, long Height) OfBmp(ReadOnlySpan<byte> bytes) => Long(bytes, 14) == 12
        ? (Short(bytes, 18), Short(bytes, 20))
        : ((int)Long(bytes, 18), Math.Abs((long)(int)Long(bytes, 22)));

    private static (long Width, long Height) OfWebP(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> chunk = bytes.Length >= 16 ? bytes[12..16] : default;
        if (chunk.SequenceEqual("VP8 "u8))
        {
            return (Short(bytes, 26) & 0x3FFF, Short(bytes, 28) & 0x3FFF);
        }

        if (chunk.SequenceEqual("VP8L"u8))
        {
            uint sizes = Long(bytes, 21);
            return ((sizes & 0x3FFF) + 1, ((sizes >> 14) & 0x3FFF) + 1);
        }

        return chunk.SequenceEqual("VP8X"u8)
            ? ((Long(bytes, 24) & 0xFFFFFF) + 1, (Long(bytes, 26) >> 8) + 1)
            : throw new FileFormatException("the WebP picture does not begin with a chunk VP8, VP8L or VP8X");
    }

    // The sizes stand in the first directory of the file, which may lie anywhere.
    private static (long Width, long Height) OfTiff(ReadOnlySpan<byte> bytes)
    {
        bool bigEndian = bytes[0] == 'M';
        long directory = Long(bytes, 4, bigEndian);
        int entries = Short(bytes, directory, bigEndian);
        (long width, long height) = (0, 0);
        for (int i = 0; i < entries; i++)
        {
            long entry = directory + 2 + ((long)i * DirectoryEntryBytes);
            int tag = Short(bytes, entry, bigEndian);
            if (tag is WidthTag or HeightTag)
            {
                long value = Short(bytes, entry + 2, bigEndian) switch
                {
                    ShortType => Short(bytes, entry + 8, bigEndian),
                    LongType => Long(bytes, entry + 8, bigEndian),
                    int type => throw new FileFormatException($"the TIFF picture has a size of type {type}, expected 3 or 4"),
                };
                (width, height) = tag == WidthTag ? (value, height) : (width, value);
            }
        }

        return (width, height);
    }

    // "P6 WIDTH HEIGHT", with white space and comments up to the end of a line between them.
    private static (long Width, long Height) OfNetpbm(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> rest = bytes[2..Math.Min(bytes.Length, NetpbmHeaderBytes)];
        return (NextNumber(ref rest), NextNumber(ref rest));
    }

    private static (long Width, long Height) OfPam(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> header = bytes[..Math.Min(bytes.Length, NetpbmHeaderBytes)];
        return (After(header, "\nWIDTH "u8), After(header, "\nHEIGHT "u8));

        static long After(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name)
        {
            int place = header.IndexOf(name);
            ReadOnlySpan<byte> rest = place < 0 ? default : header[(place + name.Length)..];
            return NextNumber(ref rest);
        }
    }

    private static long NextNumber(ref ReadOnlySpan<byte> rest)
    {
        rest = rest.TrimStart(" \t\r\n"u8);
        while (rest is [(byte)'#', ..])
        {
            int end = rest.IndexOf((byte)'\n');
            rest = end < 0 ? default : rest[end..].TrimStart(" \t\r\n"u8);
        }

        if (!Utf8Parser.TryParse(rest, out uint number, out int length))
        {
            throw new FileFormatException("the picture's header has no size where one is expected");
        }

        rest = rest[length..];
        return number;
    }

    private static int Short(ReadOnlySpan<byte> bytes, long position, bool bigEndian = false)
    {
        ReadOnlySpan<byte> field = Field(bytes, position, sizeof(ushort));
        return bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(field) : BinaryPrimitives.ReadUInt16LittleEndian(field);
    }

    private static uint Long(ReadOnlySpan<byte> bytes, long position, bool bigEndian = false)
    {
        ReadOnlySpan<byte> field = Field(bytes, position, sizeof(uint));
        return bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(field) : BinaryPrimitives.ReadUInt32LittleEndian(field);
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> bytes, long position, int length) => position <= bytes.Length - length
        ? bytes.Slice((int)position, length)
        : throw new FileFormatException(
            $"the picture's header goes on at byte {position}, but the file has {bytes.Length} bytes; it seems to be truncated");
}
