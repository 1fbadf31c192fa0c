using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>Reads and writes PNG pictures (ISO/IEC 15948).</summary>
public static class Png
{
    /// <summary>Reads a picture.</summary>
    /// <param name="path">A PNG file of any colour type, bit depth and interlacing.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <returns>
    /// Grey, RGB or palette colours (as RGB), with an alpha channel where the file has one or names a transparent colour.
    /// Samples of 1, 2 and 4 bits are spread over 0 to 255; those of 16 bits become value × 255 ÷ 65535, rounded to nearest.
    /// Gamma and colour profiles are not applied.
    /// </returns>
    /// <exception cref="FileFormatException">Not a PNG, truncated, corrupt, or over a limit.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static Picture Read(string path, ReadLimits? limits = null) =>
        InputFile.Read(path, file => Read(file, limits));

    /// <summary>Reads a picture from the stream's position to its end. See <see cref="Read(string, ReadLimits?)"/>.</summary>
    /// <param name="stream">A PNG file of any colour type, bit depth and interlacing.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <exception cref="FileFormatException">Not a PNG, truncated, corrupt, or over a limit.</exception>
    public static Picture Read(Stream stream, ReadLimits? limits = null)
    {
        limits ??= ReadLimits.Default;
        return PngReader.Read(BoundedReader.ReadAll(stream, limits.MaximumFileBytes, "the file"), limits);
    }

    /// <summary>Writes a picture with 8 bits a sample. The file appears complete or not at all.</summary>
    /// <param name="path">Written to; an existing file is replaced.</param>
    /// <param name="picture">Any number of channels.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Picture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        AtomicFile.Write(path, stream => PngWriter.Write(stream, picture));
    }

    /// <summary>Writes a picture with 8 bits a sample.</summary>
    /// <param name="stream">Written to from its position; stays open.</param>
    /// <param name="picture">Any number of channels.</param>
    public static void Write(Stream stream, Picture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        PngWriter.Write(stream, picture);
    }
}
