using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>How pictures of any size and colour become RGB pictures of one size.</summary>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="ShorterSide">
/// Null: the whole picture is resized to width × height. Otherwise its shorter side is resized to this, and the middle is cut out, as
/// torchvision's <c>Resize(side)</c> and <c>CenterCrop</c> do.
/// </param>
public sealed record PictureFit(int Width, int Height, int? ShorterSide = null)
{
    private const int LongestShape = 100;

    /// <summary>
    /// Where the middle of a pixel goes: pixels of the result from its upper left corner, outside of it where the pixel is cut off.
    /// </summary>
    /// <param name="width">Pixels in a row before.</param>
    /// <param name="height">Rows before.</param>
    /// <param name="x">The pixel's column.</param>
    /// <param name="y">The pixel's row.</param>
    public (double X, double Y) Place(int width, int height, int x, int y)
    {
        (int wide, int high) = ShorterSide is { } side ? PictureTransform.SizeWithShorterSide(width, height, side) : (Width, Height);
        (double right, double down) = ((x + 0.5) * wide / width, (y + 0.5) * high / height);
        return (right + PictureTransform.CenterShift(wide, Width), down + PictureTransform.CenterShift(high, Height));
    }

    /// <summary>The picture as RGB of width × height; antialiased, and unchanged where it has that size already.</summary>
    /// <param name="picture">Any size and number of channels.</param>
    /// <exception cref="FileFormatException">
    /// One side is more than 100 times the other, and only the shorter one would be brought to a size.
    /// </exception>
    public Picture Apply(Picture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        (int shorter, int longer) = (Math.Min(picture.Width, picture.Height), Math.Max(picture.Width, picture.Height));
        if (ShorterSide is not null && longer / LongestShape >= shorter)
        {
            throw new FileFormatException(
                $"the picture has {picture.Width} x {picture.Height} pixels; expected a longer side of less than {LongestShape} times the "
                + "shorter one");
        }

        Picture colours = PictureTransform.ToRgb(picture);
        return ShorterSide is { } side
            ? PictureTransform.CenterCrop(PictureTransform.ResizeShorterSide(colours, side), Width, Height)
            : PictureTransform.Resize(colours, Width, Height);
    }
}
