using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>Reads pictures of any format the library decodes, which it recognises by their first bytes, not by their name.</summary>
public static class PictureFile
{
    /// <summary>Reads a PNG or JPEG picture.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <param name="applyOrientation">Turns and mirrors a JPEG as EXIF's orientation asks.</param>
    /// <exception cref="FileFormatException">Another format, truncated, corrupt, or over a limit.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static Picture Read(string path, ReadLimits? limits = null, bool applyOrientation = false) =>
        InputFile.Read(path, file => Read(file, limits, applyOrientation));

    /// <summary>Reads a PNG or JPEG picture from the stream's position to its end.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <param name="applyOrientation">Turns and mirrors a JPEG as EXIF's orientation asks.</param>
    /// <exception cref="FileFormatException">Another format, truncated, corrupt, or over a limit.</exception>
    public static Picture Read(Stream stream, ReadLimits? limits = null, bool applyOrientation = false)
    {
        limits ??= ReadLimits.Default;
        ArraySegment<byte> bytes = BoundedReader.ReadAll(stream, limits.MaximumFileBytes, "the file");
        if (bytes.AsSpan().StartsWith(PngFile.Signature))
        {
            return PngReader.Read(bytes, limits);
        }

        if (!bytes.AsSpan().StartsWith(JpegReader.Signature))
        {
            throw new FileFormatException("the file is neither PNG nor JPEG");
        }

        JpegReader reader = new(bytes, limits);
        Picture picture = reader.ReadPicture();
        return applyOrientation ? JpegOrientation.Apply(picture, reader.Orientation) : picture;
    }
}
