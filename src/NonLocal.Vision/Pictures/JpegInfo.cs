namespace NonLocal.Vision.Pictures;

/// <summary>What the headers of a JPEG file say, before its picture is decoded.</summary>
/// <param name="Width">Pixels in a row, as stored.</param>
/// <param name="Height">Rows, as stored.</param>
/// <param name="Components">1 grey, 3 colour, 4 CMYK.</param>
/// <param name="Progressive">Stored in several passes over the picture.</param>
/// <param name="Orientation">
/// EXIF's orientation, 1 to 8: 1 (also where the file says nothing, or nonsense) is upright, 3 upside down, 6 needs a quarter
/// turn clockwise, 8 one counter-clockwise; 2, 4, 5, 7 are mirrored.
/// </param>
public readonly record struct JpegInfo(int Width, int Height, int Components, bool Progressive, int Orientation);
