using System.Buffers.Binary;
using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>PNG's colour types; the numbers are those of the file.</summary>
internal enum PngColour : byte
{
    Grey = 0,
    Rgb = 2,
    Palette = 3,
    GreyAlpha = 4,
    Rgba = 6,
}

/// <summary>The IHDR chunk, checked: what the picture is before any of it is read.</summary>
internal readonly record struct PngHeader(int Width, int Height, int Depth, PngColour Colour, bool Interlaced)
{
    /// <summary>Bytes of the chunk.</summary>
    public const int Length = 13;

    /// <summary>Samples of one pixel in the file.</summary>
    public int Samples => Colour switch
    {
        PngColour.Rgb => 3,
        PngColour.GreyAlpha => 2,
        PngColour.Rgba => 4,
        _ => 1,
    };

    /// <summary>Bytes from a sample to the same sample of the pixel before it, at least 1: the filters' distance.</summary>
    public int PixelBytes => Math.Max(1, Samples * Depth / 8);

    /// <summary>Bytes of a row of <paramref name="pixels"/> pixels, without its filter byte.</summary>
    public int RowBytes(int pixels) => (int)(((long)pixels * Samples * Depth + 7) / 8);

    /// <summary>Reads the chunk and checks it against the format and the limits.</summary>
    /// <exception cref="FileFormatException">Sizes over a limit, or values that PNG does not have.</exception>
    public static PngHeader Parse(ReadOnlySpan<byte> data, ReadLimits limits)
    {
        if (data.Length != Length)
        {
            throw new FileFormatException($"the IHDR chunk holds {data.Length} bytes, expected {Length}");
        }

        uint width = BinaryPrimitives.ReadUInt32BigEndian(data);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        CheckSize(width, height, limits);
        int depth = data[8];
        int colour = data[9];
        bool known = colour switch
        {
            (int)PngColour.Grey => depth is 1 or 2 or 4 or 8 or 16,
            (int)PngColour.Palette => depth is 1 or 2 or 4 or 8,
            (int)PngColour.Rgb or (int)PngColour.GreyAlpha or (int)PngColour.Rgba => depth is 8 or 16,
            _ => false,
        };
        if (!known)
        {
            throw new FileFormatException($"the IHDR chunk has colour type {colour} with bit depth {depth}, which PNG does not define");
        }

        if (data[10] != 0 || data[11] != 0 || data[12] > 1)
        {
            throw new FileFormatException(
                $"the IHDR chunk has compression {data[10]}, filter {data[11]}, interlace {data[12]}, expected 0, 0, 0 or 1");
        }

        return new PngHeader((int)width, (int)height, depth, (PngColour)colour, data[12] == 1);
    }

    private static void CheckSize(uint width, uint height, ReadLimits limits)
    {
        if (width == 0 || height == 0)
        {
            throw new FileFormatException($"the IHDR chunk says {width} x {height} pixels, expected at least 1 x 1");
        }

        if (width > limits.MaximumSide || height > limits.MaximumSide)
        {
            throw new FileFormatException($"the picture has {width} x {height} pixels, a side more than the limit of {limits.MaximumSide}");
        }

        // Eight bytes a pixel (RGBA of 16 bits) have to fit in one array, whatever the limit says.
        long pixels = (long)width * height;
        long limit = Math.Min(limits.MaximumPixels, Array.MaxLength / 8);
        if (pixels > limit)
        {
            throw new FileFormatException($"the picture has {width} x {height} = {pixels} pixels, more than the limit of {limit}");
        }
    }
}
