using System.Buffers.Binary;
using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>The frame header (SOF), checked: what the picture is before any of it is decoded.</summary>
internal sealed class JpegFrame
{
    private const int FixedBytes = 6;
    private const int ComponentBytes = 3;

    private JpegFrame(int width, int height, bool progressive, JpegComponent[] components)
    {
        Width = width;
        Height = height;
        Progressive = progressive;
        Components = components;
        MaximumHorizontal = components.Max(component => component.Horizontal);
        MaximumVertical = components.Max(component => component.Vertical);
        foreach (JpegComponent component in components)
        {
            component.SetSize(width, height, MaximumHorizontal, MaximumVertical);
        }
    }

    public int Width { get; }

    public int Height { get; }

    public bool Progressive { get; }

    public JpegComponent[] Components { get; }

    public int MaximumHorizontal { get; }

    public int MaximumVertical { get; }

    /// <summary>Interleaved units in a row.</summary>
    public int UnitColumns => Components[0].BlockColumns / Components[0].Horizontal;

    /// <summary>Rows of interleaved units.</summary>
    public int UnitRows => Components[0].BlockRows / Components[0].Vertical;

    /// <summary>Reads the segment and checks it against the format and the limits.</summary>
    /// <exception cref="FileFormatException">A refused kind of JPEG, sizes over a limit, or values that JPEG does not have.</exception>
    public static JpegFrame Parse(int marker, ReadOnlySpan<byte> data, ReadLimits limits)
    {
        CheckKind(marker);
        if (data.Length < FixedBytes || data.Length != FixedBytes + (ComponentBytes * data[5]))
        {
            throw new FileFormatException($"the frame header holds {data.Length} bytes, which do not fit its number of components");
        }

        if (data[0] != 8)
        {
            throw new FileFormatException($"the JPEG has {data[0]} bits a sample, expected 8");
        }

        int height = BinaryPrimitives.ReadUInt16BigEndian(data[1..]);
        int width = BinaryPrimitives.ReadUInt16BigEndian(data[3..]);
        CheckSize(width, height, limits);
        int count = data[5];
        if (count is not (1 or 3 or 4))
        {
            throw new FileFormatException($"the JPEG has {count} components, expected 1, 3 or 4");
        }

        JpegComponent[] components = new JpegComponent[count];
        for (int i = 0; i < count; i++)
        {
            components[i] = Component(data.Slice(FixedBytes + (ComponentBytes * i), ComponentBytes), alone: count == 1);
        }

        return new JpegFrame(width, height, marker == JpegMarker.Progressive, components);
    }

    /// <summary>Takes the memory of the coefficients, if the rest of the file can hold them.</summary>
    /// <param name="remainingBytes">Bytes of the file from the first scan on.</param>
    /// <exception cref="FileFormatException">The file is too short, or the picture does not fit in memory.</exception>
    public void Allocate(int remainingBytes)
    {
        // Every block costs at least one bit, the shortest code of its first coefficient.
        long blocks = 0;
        long largest = 0;
        foreach (JpegComponent component in Components)
        {
            blocks += ((component.Width + 7L) / 8) * ((component.Height + 7L) / 8);
            largest = Math.Max(largest, (long)component.BlockColumns * component.BlockRows * JpegComponent.BlockSize);
        }

        if (blocks > 8L * remainingBytes)
        {
            throw new FileFormatException(
                $"{Width} x {Height} pixels are {blocks} blocks, more than the {remainingBytes} bytes left can hold; "
                + "the file seems to be truncated");
        }

        if (largest > Array.MaxLength)
        {
            throw new FileFormatException($"the picture has {Width} x {Height} pixels, more than fit in memory");
        }

        foreach (JpegComponent component in Components)
        {
            component.Allocate();
        }
    }

    private static JpegComponent Component(ReadOnlySpan<byte> data, bool alone)
    {
        int horizontal = data[1] >> 4;
        int vertical = data[1] & 15;
        if (horizontal is < 1 or > 4 || vertical is < 1 or > 4 || data[2] > 3)
        {
            throw new FileFormatException(
                $"component {data[0]} has sampling factors {horizontal} x {vertical} and table {data[2]}, expected 1 to 4 and 0 to 3");
        }

        // A single component is never interleaved: its factors mean nothing (T.81, A.2.2).
        return alone ? new JpegComponent(data[0], 1, 1, data[2]) : new JpegComponent(data[0], horizontal, vertical, data[2]);
    }

    private static void CheckKind(int marker)
    {
        string? refused = marker switch
        {
            JpegMarker.Baseline or JpegMarker.Sequential or JpegMarker.Progressive => null,
            0xC3 => "lossless",
            0xC5 or 0xC6 or 0xC7 => "hierarchical",
            0xC9 or 0xCA => "arithmetic coded",
            0xCB => "lossless arithmetic coded",
            _ => "hierarchical arithmetic coded",
        };
        if (refused is not null)
        {
            throw new FileFormatException($"the file is a {refused} JPEG, which is not supported");
        }
    }

    private static void CheckSize(int width, int height, ReadLimits limits)
    {
        if (height == 0)
        {
            throw new FileFormatException("the frame header leaves the height open (a DNL segment), which is not supported");
        }

        if (width == 0)
        {
            throw new FileFormatException($"the frame header says {width} x {height} pixels, expected at least 1 x 1");
        }

        if (width > limits.MaximumSide || height > limits.MaximumSide)
        {
            throw new FileFormatException($"the picture has {width} x {height} pixels, a side more than the limit of {limits.MaximumSide}");
        }

        // Three bytes a pixel have to fit in one array, whatever the limit says.
        long pixels = (long)width * height;
        long limit = Math.Min(limits.MaximumPixels, Array.MaxLength / 3);
        if (pixels > limit)
        {
            throw new FileFormatException($"the picture has {width} x {height} = {pixels} pixels, more than the limit of {limit}");
        }
    }
}
