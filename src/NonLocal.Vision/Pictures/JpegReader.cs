using System.Buffers.Binary;
using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>From the segments of a JPEG to its picture.</summary>
internal sealed class JpegReader(ReadOnlyMemory<byte> bytes, ReadLimits limits)
{
    // An encoder writes about ten; so many that each refines little would cost time out of proportion to the file.
    private const int MaximumScans = 100;

    private readonly ushort[]?[] quantisation = new ushort[4][];
    private readonly JpegHuffman?[] first = new JpegHuffman?[4];
    private readonly JpegHuffman?[] others = new JpegHuffman?[4];
    private JpegFrame? frame;
    private int position;
    private int restartInterval;
    private int scans;
    private int adobe = -1;
    private bool jfif;

    /// <summary>What a JPEG file begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0xFF, JpegMarker.Start, 0xFF];

    /// <summary>EXIF's orientation, once the headers are read.</summary>
    public int Orientation { get; private set; } = JpegOrientation.Upright;

    /// <summary>Reads up to the first scan.</summary>
    public JpegInfo ReadInfo()
    {
        Begin();
        ReadSegments(headersOnly: true);
        JpegFrame found = Frame();
        return new JpegInfo(found.Width, found.Height, found.Components.Length, found.Progressive, Orientation);
    }

    /// <summary>Decodes the picture.</summary>
    public Picture ReadPicture()
    {
        Begin();
        ReadSegments(headersOnly: false);
        JpegFrame found = Frame();
        JpegComponent? missing = Array.Find(found.Components, component => component.KnownBits[0] < 0);
        if (missing is not null)
        {
            throw new FileFormatException($"the file has no data of component {missing.Id}");
        }

        JpegUpsampling[] planes = Array.ConvertAll(found.Components, component => new JpegUpsampling(found, component));
        JpegColourSpace space = JpegColour.Of(found, jfif, adobe);
        Picture picture = new(found.Width, found.Height, space == JpegColourSpace.Grey ? 1 : 3);
        byte[] rows = new byte[planes.Length * found.Width];
        for (int y = 0; y < found.Height; y++)
        {
            for (int i = 0; i < planes.Length; i++)
            {
                planes[i].Row(y, rows.AsSpan(i * found.Width, found.Width));
            }

            if (space == JpegColourSpace.Grey)
            {
                rows.CopyTo(picture.Row(y));
            }
            else
            {
                JpegColour.Convert(space, rows, picture.Row(y));
            }
        }

        return picture;
    }

    private void Begin()
    {
        if (!bytes.Span.StartsWith(Signature))
        {
            throw new FileFormatException("the file is not a JPEG: it does not begin with JPEG's marker");
        }

        position = 2;
    }

    private JpegFrame Frame() => frame ?? throw new FileFormatException("the file has no frame header, which gives a picture's size");

    private void ReadSegments(bool headersOnly)
    {
        while (true)
        {
            int marker = NextMarker();
            if (marker == JpegMarker.End)
            {
                return;
            }

            ReadOnlySpan<byte> data = Segment();
            if (marker != JpegMarker.Scan)
            {
                ReadSegment(marker, data);
            }
            else if (headersOnly)
            {
                return;
            }
            else
            {
                ReadScan(data);
            }
        }
    }

    // Bytes between segments are passed over, as every decoder does.
    private int NextMarker()
    {
        position = new JpegBits(bytes.Span, position).FindMarker();
        if (position >= bytes.Length)
        {
            throw new FileFormatException("the file ends without JPEG's end marker; it seems to be truncated");
        }

        int marker = bytes.Span[position++];
        if (marker is 0x01 or (>= JpegMarker.FirstRestart and <= JpegMarker.Start))
        {
            throw new FileFormatException($"marker 0x{marker:X2} stands between segments, where JPEG does not allow it");
        }

        return marker;
    }

    private ReadOnlySpan<byte> Segment()
    {
        ReadOnlySpan<byte> rest = bytes.Span[position..];
        int length = rest.Length < 2 ? 2 : BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (length < 2)
        {
            throw new FileFormatException($"the segment at byte {position} says it has {length} bytes, expected at least 2");
        }

        if (length > rest.Length)
        {
            throw new FileFormatException($"the segment at byte {position} goes beyond the end; the file seems to be truncated");
        }

        position += length;
        return rest[2..length];
    }

    private void ReadSegment(int marker, ReadOnlySpan<byte> data)
    {
        switch (marker)
        {
            case JpegMarker.HuffmanTables:
                ReadHuffmanTables(data);
                break;
            case JpegMarker.QuantisationTables:
                ReadQuantisationTables(data);
                break;
            case JpegMarker.RestartInterval when data.Length == 2:
                restartInterval = BinaryPrimitives.ReadUInt16BigEndian(data);
                break;
            case JpegMarker.FirstApplication:
                jfif |= data.StartsWith("JFIF\0"u8);
                break;
            case JpegMarker.Exif when Orientation == JpegOrientation.Upright:
                Orientation = JpegOrientation.Find(data);
                break;
            case JpegMarker.Adobe when data.Length >= 12 && data.StartsWith("Adobe"u8):
                adobe = data[11];
                break;
            case JpegMarker.ArithmeticTables:
                throw new FileFormatException("the file is an arithmetic coded JPEG, which is not supported");
            case JpegMarker.HierarchicalProgression:
                throw new FileFormatException("the file is a hierarchical JPEG, which is not supported");
            case JpegMarker.RestartInterval or JpegMarker.NumberOfLines or JpegMarker.Extension:
                throw new FileFormatException($"the segment with marker 0x{marker:X2} has {data.Length} bytes or is not supported");
            case >= JpegMarker.Baseline and <= JpegMarker.LastFrame:
                if (frame is not null)
                {
                    throw new FileFormatException("the file has a second frame header");
                }

                frame = JpegFrame.Parse(marker, data, limits);
                break;
        }
    }

    private void ReadScan(ReadOnlySpan<byte> data)
    {
        JpegFrame found = Frame();
        if (scans++ == 0)
        {
            found.Allocate(bytes.Length - position);
        }

        if (scans > MaximumScans)
        {
            throw new FileFormatException($"the file has more than {MaximumScans} scans");
        }

        JpegScan scan = JpegScan.Parse(data, found, first, others);
        foreach (JpegComponent component in scan.Components)
        {
            component.Quantisation ??= quantisation[component.Table]
                ?? throw new FileFormatException($"component {component.Id} uses a quantisation table that the file does not define");
        }

        // The marker's code is found again by the next segment, from the 0xFF before it.
        int end = new JpegEntropy(found, scan, bytes.Span, position).Decode(restartInterval);
        position = Math.Min(end - 1, bytes.Length);
    }

    private void ReadHuffmanTables(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int count = 0;
            for (int i = 1; i <= JpegHuffman.Lengths && i < data.Length; i++)
            {
                count += data[i];
            }

            int length = 1 + JpegHuffman.Lengths + count;
            if (length > data.Length || count > 256 || (data[0] & 0xEC) != 0)
            {
                throw new FileFormatException($"a Huffman table of {count} codes with selector 0x{data[0]:X2} does not fit its segment");
            }

            JpegHuffman?[] tables = (data[0] & 0x10) == 0 ? first : others;
            tables[data[0] & 3] = new JpegHuffman(data.Slice(1, JpegHuffman.Lengths), data[(1 + JpegHuffman.Lengths)..length]);
            data = data[length..];
        }
    }

    private void ReadQuantisationTables(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int bytesEach = (data[0] >> 4) + 1;
            int length = 1 + (bytesEach * JpegComponent.BlockSize);
            if (bytesEach > 2 || (data[0] & 15) > 3 || length > data.Length)
            {
                throw new FileFormatException($"a quantisation table with selector 0x{data[0]:X2} does not fit its segment");
            }

            ushort[] table = new ushort[JpegComponent.BlockSize];
            for (int k = 0; k < table.Length; k++)
            {
                ReadOnlySpan<byte> entry = data[(1 + (k * bytesEach))..];
                table[JpegEntropy.Zigzag[k]] = bytesEach == 1 ? entry[0] : BinaryPrimitives.ReadUInt16BigEndian(entry);
            }

            quantisation[data[0] & 15] = table;
            data = data[length..];
        }
    }
}
