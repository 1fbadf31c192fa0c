using System.Buffers.Binary;

namespace NonLocal.Vision.Pictures;

/// <summary>EXIF's orientation: which way up the camera was.</summary>
internal static class JpegOrientation
{
    /// <summary>As stored, or not known.</summary>
    public const int Upright = 1;

    private const int EntryBytes = 12;
    private const ushort OrientationTag = 0x0112;
    private const ushort ShortType = 3;

    /// <summary>
    /// The orientation that an APP1 segment names, or <see cref="Upright"/>: damaged EXIF data is no reason to refuse a picture.
    /// </summary>
    public static int Find(ReadOnlySpan<byte> segment)
    {
        ReadOnlySpan<byte> prefix = "Exif\0\0"u8;
        if (!segment.StartsWith(prefix) || segment.Length < prefix.Length + 8)
        {
            return Upright;
        }

        ReadOnlySpan<byte> tiff = segment[prefix.Length..];
        bool little = tiff.StartsWith("II"u8);
        uint folder = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (folder > tiff.Length - 2)
        {
            return Upright;
        }

        int count = Short(tiff[(int)folder..], little);
        ReadOnlySpan<byte> entries = tiff[((int)folder + 2)..];
        for (int i = 0; i < count && entries.Length >= EntryBytes; i++)
        {
            int value = Short(entries[8..], little);
            if (Short(entries, little) == OrientationTag && Short(entries[2..], little) == ShortType && value is >= 1 and <= 8)
            {
                return value;
            }

            entries = entries[EntryBytes..];
        }

        return Upright;
    }

    /// <summary>The picture as it should be seen; itself where it is upright.</summary>
    public static Picture Apply(Picture picture, int orientation)
    {
        if (orientation == Upright)
        {
            return picture;
        }

        // 5 to 8 have rows and columns exchanged.
        bool exchanged = orientation >= 5;
        (int width, int height) = exchanged ? (picture.Height, picture.Width) : (picture.Width, picture.Height);
        bool fromRight = orientation is 2 or 3 or 7 or 8;
        bool fromBottom = orientation is 3 or 4 or 6 or 7;
        int channels = picture.Channels;
        Picture result = new(width, height, channels);
        for (int y = 0; y < height; y++)
        {
            Span<byte> row = result.Row(y);
            for (int x = 0; x < width; x++)
            {
                (int column, int line) = exchanged ? (y, x) : (x, y);
                column = fromRight ? picture.Width - 1 - column : column;
                line = fromBottom ? picture.Height - 1 - line : line;
                picture.Row(line).Slice(column * channels, channels).CopyTo(row[(x * channels)..]);
            }
        }

        return result;
    }

    private static ushort Short(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
