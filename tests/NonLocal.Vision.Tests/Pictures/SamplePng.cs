using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace NonLocal.Vision.Tests.Pictures;

/// <summary>A PNG of any kind, written by the plainest means, and the picture that a reader has to make of it.</summary>
internal sealed class SamplePng
{
    public const int Palette = 3;

    private static readonly int[][] Adam7Passes =
        [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];

    private readonly Random random;

    /// <summary>Random samples (partly smooth, so that every filter matters), palette and transparent colour.</summary>
    public SamplePng(int width, int height, int colour, int depth, bool interlaced, bool transparent, Random random)
    {
        this.random = random;
        (Width, Height, Colour, Depth, Interlaced) = (width, height, colour, depth, interlaced);
        int most = 1 << depth;
        if (colour == Palette)
        {
            most = random.Next(1, most + 1);
            Colours = new byte[3 * most];
            random.NextBytes(Colours);
        }

        Samples = new int[width * height * PerPixel];
        for (int i = 0; i < Samples.Length; i++)
        {
            Samples[i] = i < PerPixel || random.Next(3) == 0 ? random.Next(most) : Samples[i - PerPixel];
        }

        if (transparent)
        {
            Transparency = new byte[colour == Palette ? random.Next(1, most + 1) : 2 * PerPixel];
            random.NextBytes(Transparency);
            for (int c = 0; c < PerPixel && colour != Palette; c++)
            {
                // The bits above the picture's depth have no meaning.
                int sample = Samples[(Samples.Length / PerPixel / 2 * PerPixel) + c] | ((random.Next(2) * 0xFFFF) << depth);
                BinaryPrimitives.WriteUInt16BigEndian(Transparency.AsSpan(2 * c), (ushort)sample);
            }
        }
    }

    public int Width { get; }

    public int Height { get; }

    public int Colour { get; }

    public int Depth { get; }

    public bool Interlaced { get; }

    /// <summary>[height, width, samples a pixel], at the file's depth.</summary>
    public int[] Samples { get; }

    public byte[] Colours { get; } = [];

    public byte[] Transparency { get; } = [];

    public int PerPixel => Colour switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

    /// <summary>Every colour type with every bit depth that it has.</summary>
    public static IEnumerable<(int Colour, int Depth)> Kinds()
    {
        int[][] depths = [[1, 2, 4, 8, 16], [], [8, 16], [1, 2, 4, 8], [8, 16], [], [8, 16]];
        return depths.SelectMany((list, colour) => list.Select(depth => (colour, depth)));
    }

    /// <summary>A random picture of a random kind, from 1×1 up.</summary>
    public static SamplePng Any(Random random)
    {
        (int Colour, int Depth)[] kinds = [.. Kinds()];
        (int colour, int depth) = kinds[random.Next(kinds.Length)];
        bool transparent = colour < 4 && random.Next(2) == 0;
        return new SamplePng(random.Next(1, 21), random.Next(1, 21), colour, depth, random.Next(2) == 0, transparent, random);
    }

    /// <summary>The picture's bytes, [height, width, channels], straight from the samples.</summary>
    public byte[] Expected()
    {
        List<byte> bytes = [];
        for (int i = 0; i < Samples.Length; i += PerPixel)
        {
            ReadOnlySpan<int> pixel = Samples.AsSpan(i, PerPixel);
            if (Colour == Palette)
            {
                bytes.AddRange(Colours.AsSpan(3 * pixel[0], 3));
                if (Transparency.Length > 0)
                {
                    bytes.Add(pixel[0] < Transparency.Length ? Transparency[pixel[0]] : (byte)255);
                }

                continue;
            }

            bool isTransparent = true;
            for (int c = 0; c < PerPixel; c++)
            {
                bytes.Add((byte)Math.Round(pixel[c] * 255.0 / ((1 << Depth) - 1)));
                isTransparent &= Transparency.Length > 0 && pixel[c] == (TransparentSample(c) & ((1 << Depth) - 1));
            }

            if (Transparency.Length > 0)
            {
                bytes.Add(isTransparent ? (byte)0 : (byte)255);
            }
        }

        return [.. bytes];
    }

    /// <summary>The file, with a random filter for each row and the data cut into several IDAT chunks.</summary>
    public byte[] Encode() => Encode(FilteredRows());

    /// <summary>The file around <paramref name="filteredRows"/>, which may be anything.</summary>
    public byte[] Encode(byte[] filteredRows)
    {
        MemoryStream data = new();
        using (ZLibStream deflater = new(data, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflater.Write(filteredRows);
        }

        byte[] compressed = data.ToArray();
        MemoryStream file = new();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        Chunk(file, "IHDR", Header());
        Chunk(file, "tEXt", "Comment\0made by a test"u8.ToArray());
        if (Colours.Length > 0)
        {
            Chunk(file, "PLTE", Colours);
        }

        if (Transparency.Length > 0)
        {
            Chunk(file, "tRNS", Transparency);
        }

        int cut = random.Next(compressed.Length);
        Chunk(file, "IDAT", compressed[..cut]);
        Chunk(file, "IDAT", compressed[cut..]);
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    /// <summary>All passes, each row behind its filter byte.</summary>
    public byte[] FilteredRows()
    {
        List<byte> rows = [];
        foreach (int[] pass in Interlaced ? Adam7Passes : [[0, 0, 1, 1]])
        {
            byte[] above = [];
            for (int y = pass[1]; y < Height && pass[0] < Width; y += pass[3])
            {
                byte[] row = PackRow(y, pass[0], pass[2]);
                int filter = random.Next(5);
                rows.Add((byte)filter);
                for (int i = 0; i < row.Length; i++)
                {
                    rows.Add((byte)(row[i] - Predict(filter, row, above, i)));
                }

                above = row;
            }
        }

        return [.. rows];
    }

    /// <summary>Appends a chunk with its checksum.</summary>
    public static void Chunk(MemoryStream file, string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
        file.Write(number);
    }

    /// <summary>CRC-32 bit by bit.</summary>
    public static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }

    private int TransparentSample(int channel) => BinaryPrimitives.ReadUInt16BigEndian(Transparency.AsSpan(2 * channel));

    private byte[] Header()
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Height);
        (header[8], header[9], header[12]) = ((byte)Depth, (byte)Colour, Interlaced ? (byte)1 : (byte)0);
        return header;
    }

    // The samples as one string of bits, filled up to whole bytes.
    private byte[] PackRow(int y, int startX, int stepX)
    {
        StringBuilder bits = new();
        for (int x = startX; x < Width; x += stepX)
        {
            for (int c = 0; c < PerPixel; c++)
            {
                bits.Append(Convert.ToString(Samples[(((y * Width) + x) * PerPixel) + c], 2).PadLeft(Depth, '0'));
            }
        }

        bits.Append('0', (8 - (bits.Length % 8)) % 8);
        string row = bits.ToString();
        return [.. Enumerable.Range(0, row.Length / 8).Select(i => Convert.ToByte(row.Substring(8 * i, 8), 2))];
    }

    private int Predict(int filter, byte[] row, byte[] above, int i)
    {
        int distance = Math.Max(1, PerPixel * Depth / 8);
        int a = i < distance ? 0 : row[i - distance];
        int b = above.Length == 0 ? 0 : above[i];
        int c = i < distance || above.Length == 0 ? 0 : above[i - distance];
        int p = a + b - c;
        int paeth = new[] { a, b, c }.MinBy(value => Math.Abs(p - value));
        return new[] { 0, a, b, (a + b) / 2, paeth }[filter];
    }
}
