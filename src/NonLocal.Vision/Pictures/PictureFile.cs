using NonLocal.Formats;
using NonLocal.Vision.Pictures.Foreign;
using NonLocal.Vision.Processes;

namespace NonLocal.Vision.Pictures;

/// <summary>
/// Reads pictures of any format, which is recognised by their first bytes, not by their name. PNG and JPEG are decoded by the library,
/// BMP, GIF (the first frame), PBM, PGM, PPM, PAM, TIFF and WebP by ffmpeg, whose colours come as RGB without alpha.
/// </summary>
public static class PictureFile
{
    /// <summary>The endings of pictures' names, the ones that the library decodes itself first.</summary>
    internal static IReadOnlyList<string> Endings { get; } =
        [".png", ".jpg", ".jpeg", ".bmp", ".gif", ".pam", ".pbm", ".pgm", ".pnm", ".ppm", ".tif", ".tiff", ".webp"];

    /// <summary>Reads a picture.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <param name="applyOrientation">Turns and mirrors a JPEG as EXIF's orientation asks.</param>
    /// <exception cref="FileFormatException">Another format, truncated, corrupt, or over a limit.</exception>
    /// <exception cref="ProgramMissingException">The format needs ffmpeg, which is not installed.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static Picture Read(string path, ReadLimits? limits = null, bool applyOrientation = false) =>
        InputFile.Read(path, file => Read(file, limits, applyOrientation));

    /// <summary>Reads a picture from the stream's position to its end.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <param name="applyOrientation">Turns and mirrors a JPEG as EXIF's orientation asks.</param>
    /// <exception cref="FileFormatException">Another format, truncated, corrupt, or over a limit.</exception>
    /// <exception cref="ProgramMissingException">The format needs ffmpeg, which is not installed.</exception>
    public static Picture Read(Stream stream, ReadLimits? limits = null, bool applyOrientation = false)
    {
        limits ??= ReadLimits.Default;
        return Decode(BoundedReader.ReadAll(stream, limits.MaximumFileBytes, "the file"), limits, applyOrientation);
    }

    /// <summary>Reads a picture that lies in memory.</summary>
    internal static Picture Decode(ArraySegment<byte> bytes, ReadLimits limits, bool applyOrientation = false) =>
        ForeignHeader.TryParse(bytes, limits) is { } header
            ? new ForeignPictures(limits).Read(new(bytes, header))
            : DecodeOwn(bytes, limits, applyOrientation);

    /// <summary>Whether a file's name has the ending of a picture: one of <see cref="Endings"/>, in any case.</summary>
    internal static bool IsNamedLikeOne(string name) =>
        Endings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads a picture that the library decodes itself.</summary>
    internal static Picture DecodeOwn(ArraySegment<byte> bytes, ReadLimits limits, bool applyOrientation = false)
    {
        if (bytes.AsSpan().StartsWith(PngFile.Signature))
        {
            return PngReader.Read(bytes, limits);
        }

        if (!bytes.AsSpan().StartsWith(JpegReader.Signature))
        {
            throw new FileFormatException("the file is neither PNG nor JPEG, and no BMP, GIF, PBM, PGM, PPM, PAM, TIFF or WebP either");
        }

        JpegReader reader = new(bytes, limits);
        Picture picture = reader.ReadPicture();
        return applyOrientation ? JpegOrientation.Apply(picture, reader.Orientation) : picture;
    }
}
