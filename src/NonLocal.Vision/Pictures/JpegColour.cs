namespace NonLocal.Vision.Pictures;

/// <summary>What a JPEG's components mean.</summary>
internal enum JpegColourSpace
{
    Grey,
    Rgb,
    Brightness,
    Inks,
    InvertedInks,
    InvertedBrightnessInks,
}

/// <summary>From components to grey or RGB.</summary>
internal static class JpegColour
{
    /// <summary>What the components mean: by Adobe's marker, else by JFIF, else by their names; as libjpeg decides it.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="jfif">There is a JFIF segment.</param>
    /// <param name="adobe">The transformation that Adobe's segment names, or −1 without one.</param>
    public static JpegColourSpace Of(JpegFrame frame, bool jfif, int adobe)
    {
        JpegComponent[] components = frame.Components;
        switch (components.Length)
        {
            case 1:
                return JpegColourSpace.Grey;
            case 4:
                return adobe switch
                {
                    < 0 => JpegColourSpace.Inks,
                    2 => JpegColourSpace.InvertedBrightnessInks,
                    _ => JpegColourSpace.InvertedInks,
                };
            default:
                bool named = components[0].Id == 'R' && components[1].Id == 'G' && components[2].Id == 'B';
                bool rgb = !jfif && (adobe == 0 || (adobe < 0 && named));
                return rgb ? JpegColourSpace.Rgb : JpegColourSpace.Brightness;
        }
    }

    /// <summary>Converts one row.</summary>
    /// <param name="space">What the components mean; not <see cref="JpegColourSpace.Grey"/>.</param>
    /// <param name="rows">[3 or 4 components, width].</param>
    /// <param name="target">[width, 3].</param>
    public static void Convert(JpegColourSpace space, ReadOnlySpan<byte> rows, Span<byte> target)
    {
        int width = target.Length / 3;
        ReadOnlySpan<byte> first = rows[..width];
        ReadOnlySpan<byte> second = rows.Slice(width, width);
        ReadOnlySpan<byte> third = rows.Slice(2 * width, width);
        if (space is JpegColourSpace.Brightness or JpegColourSpace.InvertedBrightnessInks)
        {
            FromBrightness(first, second, third, target);
        }
        else
        {
            for (int x = 0; x < width; x++)
            {
                target[3 * x] = first[x];
                target[(3 * x) + 1] = second[x];
                target[(3 * x) + 2] = third[x];
            }
        }

        if (rows.Length > 3 * width)
        {
            Darken(rows[(3 * width)..], target, space);
        }
    }

    // JFIF's formula with factors of 16 bits.
    private static void FromBrightness(ReadOnlySpan<byte> brightness, ReadOnlySpan<byte> blue, ReadOnlySpan<byte> red, Span<byte> target)
    {
        const int Half = 1 << 15;
        for (int x = 0; x < brightness.Length; x++)
        {
            int y = brightness[x];
            int b = blue[x] - 128;
            int r = red[x] - 128;
            Span<byte> pixel = target.Slice(3 * x, 3);
            pixel[2] = Clamp(y + (((116130 * b) + Half) >> 16));
            pixel[1] = Clamp(y + (((-22554 * b) - (46802 * r) + Half) >> 16));
            pixel[0] = Clamp(y + (((91881 * r) + Half) >> 16));
        }
    }

    // Adobe stores inks inverted, so that 255 is no ink; brightness and colour differences of inks are those of the ink itself.
    private static void Darken(ReadOnlySpan<byte> black, Span<byte> target, JpegColourSpace space)
    {
        int invertColours = space == JpegColourSpace.InvertedInks ? 0 : 255;
        int invertBlack = space == JpegColourSpace.Inks ? 255 : 0;
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = (byte)((((target[i] ^ invertColours) * (black[i / 3] ^ invertBlack)) + 127) / 255);
        }
    }

    private static byte Clamp(int value) => (byte)Math.Clamp(value, 0, 255);
}
