using NonLocal.Formats;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Datasets;

/// <summary>
/// Labelled pictures, found by number. Labels are known before any picture is decoded, so a picture that cannot be read never
/// moves the label of another. All members may be called from many threads at once.
/// </summary>
public abstract class PictureSet
{
    /// <summary>What the pictures lie in, in a few words, such as "class folders".</summary>
    public abstract string Kind { get; }

    /// <summary>How many pictures there are, at least 1.</summary>
    public abstract int Count { get; }

    /// <summary>The names of the classes, by label; the numbers themselves where the data has no names.</summary>
    public abstract IReadOnlyList<string> ClassNames { get; }

    /// <summary>The class of picture <paramref name="index"/>, 0 up to the number of class names.</summary>
    public abstract int Label(int index);

    /// <summary>Where picture <paramref name="index"/> comes from, for messages: a file, or a file and the place in it.</summary>
    public abstract string Source(int index);

    /// <summary>The pictures that are known to be unusable, each with one sentence that starts with its source; mostly none.</summary>
    public virtual IReadOnlyList<(int Index, string Problem)> Problems => [];

    /// <summary>Decodes picture <paramref name="index"/> anew; the caller may change it.</summary>
    /// <exception cref="FileFormatException">The picture is corrupt or over a limit; the message starts with its source.</exception>
    /// <exception cref="IOException">Its file has gone or cannot be read.</exception>
    public abstract Picture Read(int index);

    /// <summary>
    /// Decodes pictures as the results are taken, each once, not always in their order. One that cannot be read has what
    /// <see cref="Read(int)"/> would throw in its place, so it never stands in another's.
    /// </summary>
    /// <param name="first">The number of the first picture.</param>
    /// <param name="count">How many.</param>
    public virtual IEnumerable<PictureResult> ReadMany(int first, int count)
    {
        for (int i = first; i < first + count; i++)
        {
            yield return PictureResult.Of(i, Read);
        }
    }

    /// <summary>Decodes a picture that has to have a certain size. See <see cref="Read(int)"/>.</summary>
    /// <param name="index">The picture's number.</param>
    /// <param name="width">Expected pixels in a row.</param>
    /// <param name="height">Expected rows.</param>
    /// <exception cref="FileFormatException">The picture has another size, or see <see cref="Read(int)"/>.</exception>
    public Picture Read(int index, int width, int height)
    {
        Picture picture = Read(index);
        if (picture.Width != width || picture.Height != height)
        {
            throw new FileFormatException(
                $"the picture has {picture.Width} x {picture.Height} pixels, expected {width} x {height}", Source(index));
        }

        return picture;
    }

    /// <summary>
    /// Opens a folder of class folders, a .tar or .tar.gz of one, an idx file of pictures (whose labels lie beside it, with
    /// "labels-idx1" in place of "images-idx3" in the name) or a CIFAR file. Files are recognised by their content.
    /// </summary>
    /// <param name="path">A folder or a file.</param>
    /// <param name="limits">What a file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <exception cref="FileFormatException">The data is corrupt or over a limit, or has an empty class.</exception>
    /// <exception cref="IOException">The path is missing or cannot be read.</exception>
    public static PictureSet Open(string path, ReadLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        limits ??= ReadLimits.Default;
        if (Directory.Exists(path))
        {
            return EncodedPictures.OfFolder(path, limits);
        }

        ArraySegment<byte> bytes = InputFile.Read(path, file => GzipContent.Expand(
            BoundedReader.ReadAll(file, limits.MaximumFileBytes, "the file"), limits.MaximumFileBytes));
        try
        {
            return OfFile(bytes, path, limits);
        }
        catch (FileFormatException error) when (error.Path is null)
        {
            throw error.In(path);
        }
    }

    private static PictureSet OfFile(ArraySegment<byte> bytes, string path, ReadLimits limits)
    {
        if (TarArchive.IsTar(bytes) || path.EndsWith(".tar", StringComparison.OrdinalIgnoreCase))
        {
            return EncodedPictures.OfTar(bytes, path, limits);
        }

        // A CIFAR file may start so as well, with the label 0 and the shades 0, 8 and 3; its name tells.
        if (bytes is [0, 0, 8, 3 or 4, ..] && path.Contains("idx", StringComparison.OrdinalIgnoreCase))
        {
            return DecodedPictures.OfIdx(IdxFile.Read(Content(bytes), limits), path, limits);
        }

        return DecodedPictures.OfCifar([CifarFile.Read(Content(bytes), limits)], [path]);
    }

    private static MemoryStream Content(ArraySegment<byte> bytes) => new(bytes.Array!, bytes.Offset, bytes.Count);
}
