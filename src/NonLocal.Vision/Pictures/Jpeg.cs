using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>
/// Reads JPEG pictures (ITU-T T.81): baseline, extended sequential and progressive, Huffman coded, 8 bits a sample. Arithmetic
/// coding, 12 bits, lossless and hierarchical files are refused by name.
/// </summary>
public static class Jpeg
{
    /// <summary>Reads a picture.</summary>
    /// <param name="path">A JPEG file.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <param name="applyOrientation">
    /// Turns and mirrors the picture as EXIF's orientation asks. By default it is left as stored, as Pillow and torchvision do.
    /// </param>
    /// <returns>
    /// Grey or RGB; CMYK becomes RGB without a colour profile. Chroma that was stored at half size is interpolated with the
    /// triangle filter, as libjpeg does by default; other ratios are repeated.
    /// </returns>
    /// <exception cref="FileFormatException">Not a JPEG, of a refused kind, truncated, corrupt, or over a limit.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static Picture Read(string path, ReadLimits? limits = null, bool applyOrientation = false) =>
        InputFile.Read(path, file => Read(file, limits, applyOrientation));

    /// <summary>Reads a picture from the stream's position to its end. See <see cref="Read(string, ReadLimits?, bool)"/>.</summary>
    /// <param name="stream">A JPEG file.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <param name="applyOrientation">Turns and mirrors the picture as EXIF's orientation asks.</param>
    /// <exception cref="FileFormatException">Not a JPEG, of a refused kind, truncated, corrupt, or over a limit.</exception>
    public static Picture Read(Stream stream, ReadLimits? limits = null, bool applyOrientation = false)
    {
        limits ??= ReadLimits.Default;
        JpegReader reader = new(BoundedReader.ReadAll(stream, limits.MaximumFileBytes, "the file"), limits);
        Picture picture = reader.ReadPicture();
        return applyOrientation ? JpegOrientation.Apply(picture, reader.Orientation) : picture;
    }

    /// <summary>Reads the headers only.</summary>
    /// <param name="path">A JPEG file.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <exception cref="FileFormatException">Not a JPEG, of a refused kind, truncated, corrupt, or over a limit.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static JpegInfo ReadInfo(string path, ReadLimits? limits = null) =>
        InputFile.Read(path, file => ReadInfo(file, limits));

    /// <summary>Reads the headers only, from a file that begins at the stream's position.</summary>
    /// <param name="stream">A JPEG file.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <exception cref="FileFormatException">Not a JPEG, of a refused kind, truncated, corrupt, or over a limit.</exception>
    public static JpegInfo ReadInfo(Stream stream, ReadLimits? limits = null)
    {
        limits ??= ReadLimits.Default;
        return new JpegReader(BoundedReader.ReadAll(stream, limits.MaximumFileBytes, "the file"), limits).ReadInfo();
    }
}
