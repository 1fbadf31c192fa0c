using NonLocal.Formats;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Video;

/// <summary>
/// A folder of pictures that are the frames of a video, in the order of the numbers in their names. The first says how large they are; one
/// that cannot be read or has another size is named when it is read. Other files and names that begin with a dot do not count.
/// </summary>
internal sealed class FrameFolder : VideoSource
{
    private readonly string[] files;
    private readonly ReadLimits limits;

    /// <summary>Lists the frames and reads the first one.</summary>
    /// <exception cref="FileFormatException">There is no picture in the folder, or the first is corrupt.</exception>
    public FrameFolder(string path, ReadLimits limits)
        : base(path, limits)
    {
        this.limits = limits;
        files = List(path);
        Picture first = PictureFile.Read(files[0], limits);
        CheckSize(first.Width, first.Height, limits);
        (Width, Height) = (first.Width, first.Height);
    }

    /// <inheritdoc/>
    public override int Count => files.Length;

    /// <inheritdoc/>
    public override int Width { get; }

    /// <inheritdoc/>
    public override int Height { get; }

    /// <inheritdoc/>
    public override FrameRate? Rate => null;

    /// <inheritdoc/>
    private protected override void Decode(ReadOnlySpan<int> frames, Span<byte> target)
    {
        foreach (int frame in frames)
        {
            Picture picture = PictureTransform.ToRgb(PictureFile.Read(files[frame], limits));
            if (picture.Width != Width || picture.Height != Height)
            {
                throw new FileFormatException(
                    $"the frame has {picture.Width} x {picture.Height} pixels, expected {Width} x {Height} as the first one",
                    files[frame]);
            }

            picture.Bytes.CopyTo(target);
            target = target[picture.Bytes.Length..];
        }
    }

    private static string[] List(string path)
    {
        try
        {
            string[] files =
            [
                .. Directory.EnumerateFiles(path)
                    .Where(file => !Path.GetFileName(file).StartsWith('.') && PictureFile.IsNamedLikeOne(file))
                    .OrderBy(file => Path.GetFileName(file), NaturalOrder.Instance),
            ];
            return files.Length > 0
                ? files
                : throw new FileFormatException("the folder holds no pictures, expected the frames of a video (.png, .jpg, …)", path);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException($"{path}: reading the folder is not permitted", error);
        }
    }
}
