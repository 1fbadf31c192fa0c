using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>The chunks of a PNG file: their order and checksums are right, their contents are not decoded yet.</summary>
internal sealed class PngFile
{
    // Length, type and checksum around the data.
    private const int ChunkOverhead = 12;
    private const int MaximumPaletteEntries = 256;

    private static readonly SearchValues<byte> Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private readonly List<ReadOnlyMemory<byte>> imageData = [];

    private PngFile(PngHeader header)
    {
        Header = header;
    }

    /// <summary>The eight bytes that every PNG starts with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The header, within the limits.</summary>
    public PngHeader Header { get; }

    /// <summary>Palette entries of 3 bytes; empty without a PLTE chunk.</summary>
    public ReadOnlyMemory<byte> Palette { get; private set; }

    /// <summary>What the tRNS chunk holds; empty without one.</summary>
    public ReadOnlyMemory<byte> Transparency { get; private set; }

    /// <summary>Walks the chunks up to IEND; what follows it is not looked at.</summary>
    /// <exception cref="FileFormatException">Not a PNG, truncated, corrupt, or over a limit.</exception>
    public static PngFile Parse(ReadOnlyMemory<byte> file, ReadLimits limits)
    {
        CheckSignature(file.Span);
        int position = Signature.Length;
        (string type, ReadOnlyMemory<byte> data) = Chunk(file, position);
        if (type != "IHDR")
        {
            throw new FileFormatException($"the first chunk is {type}, expected IHDR");
        }

        PngFile png = new(PngHeader.Parse(data.Span, limits));
        string previous = type;
        while (type != "IEND")
        {
            position += data.Length + ChunkOverhead;
            (type, data) = Chunk(file, position);
            png.Take(type, data, previous, position);
            previous = type;
        }

        png.CheckComplete();
        return png;
    }

    /// <summary>The zlib stream of the IDAT chunks, joined.</summary>
    public byte[] ImageData()
    {
        byte[] joined = new byte[imageData.Sum(part => part.Length)];
        int filled = 0;
        foreach (ReadOnlyMemory<byte> part in imageData)
        {
            part.Span.CopyTo(joined.AsSpan(filled));
            filled += part.Length;
        }

        return joined;
    }

    private static void CheckSignature(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith(Signature))
        {
            return;
        }

        if (file.IsEmpty)
        {
            throw new FileFormatException("the file is empty, expected a PNG picture");
        }

        string start = Convert.ToHexString(file[..Math.Min(file.Length, Signature.Length)]);
        string hint = file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]) ? "; it looks like a JPEG picture" : string.Empty;
        throw new FileFormatException($"the file starts with {start}, expected the PNG signature {Convert.ToHexString(Signature)}{hint}");
    }

    private static (string Type, ReadOnlyMemory<byte> Data) Chunk(ReadOnlyMemory<byte> file, int position)
    {
        ReadOnlySpan<byte> rest = file.Span[position..];
        if (rest.Length < ChunkOverhead)
        {
            throw new FileFormatException(
                $"the file ends at byte {file.Length} where a chunk should be (no IEND chunk yet); it seems to be truncated");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
        ReadOnlySpan<byte> name = rest.Slice(4, 4);
        if (name.ContainsAnyExcept(Letters))
        {
            throw new FileFormatException($"the chunk at byte {position} has the type {Convert.ToHexString(name)}, expected four letters");
        }

        string type = Encoding.ASCII.GetString(name);
        if (length > rest.Length - ChunkOverhead)
        {
            throw new FileFormatException(
                $"the {type} chunk at byte {position} says {length} bytes, but {rest.Length - ChunkOverhead} are left; "
                + "the file seems to be truncated");
        }

        int bytes = (int)length;
        uint found = Crc32.Compute(rest.Slice(4, 4 + bytes));
        uint expected = BinaryPrimitives.ReadUInt32BigEndian(rest[(8 + bytes)..]);
        if (found != expected)
        {
            throw new FileFormatException(
                $"the {type} chunk at byte {position} has the checksum {found:X8}, expected {expected:X8}; the file is corrupt");
        }

        return (type, file.Slice(position + 8, bytes));
    }

    private void Take(string type, ReadOnlyMemory<byte> data, string previous, int position)
    {
        switch (type)
        {
            case "IDAT":
                if (imageData.Count > 0 && previous != "IDAT")
                {
                    throw new FileFormatException(
                        $"the IDAT chunk at byte {position} follows a {previous} chunk, expected all IDAT chunks together");
                }

                imageData.Add(data);
                break;
            case "PLTE":
                TakePalette(data, position);
                break;
            case "tRNS":
                TakeTransparency(data, position);
                break;
            case "IHDR":
                throw new FileFormatException($"the chunk at byte {position} is a second IHDR, expected one");
            case "IEND":
                break;
            default:
                // A capital first letter says that the picture cannot be understood without the chunk.
                if (char.IsAsciiLetterUpper(type[0]))
                {
                    throw new FileFormatException(
                        $"the chunk {type} at byte {position} is needed for the picture, but this reader does not know it");
                }

                break;
        }
    }

    private void TakePalette(ReadOnlyMemory<byte> data, int position)
    {
        if (!Palette.IsEmpty || !Transparency.IsEmpty || imageData.Count > 0)
        {
            throw new FileFormatException($"the PLTE chunk at byte {position} is out of place, expected one before tRNS and IDAT");
        }

        if (data.IsEmpty || data.Length % 3 != 0 || data.Length > 3 * MaximumPaletteEntries)
        {
            throw new FileFormatException($"the PLTE chunk at byte {position} holds {data.Length} bytes, expected 1 to 256 entries of 3");
        }

        Palette = data;
    }

    private void TakeTransparency(ReadOnlyMemory<byte> data, int position)
    {
        if (!Transparency.IsEmpty || imageData.Count > 0)
        {
            throw new FileFormatException($"the tRNS chunk at byte {position} is out of place, expected one before IDAT");
        }

        (int least, int most) = Header.Colour switch
        {
            PngColour.Grey => (2, 2),
            PngColour.Rgb => (6, 6),
            PngColour.Palette => (1, Palette.Length / 3),
            _ => (0, -1),
        };
        if (most < 0)
        {
            throw new FileFormatException($"there is a tRNS chunk at byte {position}, but pictures with an alpha channel have none");
        }

        if (data.Length < least || data.Length > most)
        {
            string expected = least == most ? $"{least}" : $"1 to {most} (one for each palette entry before it)";
            throw new FileFormatException($"the tRNS chunk at byte {position} holds {data.Length} bytes, expected {expected}");
        }

        Transparency = data;
    }

    private void CheckComplete()
    {
        if (imageData.Count == 0)
        {
            throw new FileFormatException("there is no IDAT chunk, expected the picture's data");
        }

        if (Header.Colour == PngColour.Palette && Palette.IsEmpty)
        {
            throw new FileFormatException("there is no PLTE chunk, expected the palette of a palette picture");
        }
    }
}
