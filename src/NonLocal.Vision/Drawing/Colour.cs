namespace NonLocal.Vision.Drawing;

/// <summary>A colour in sRGB, 8 bits a channel.</summary>
/// <param name="Red">0 to 255.</param>
/// <param name="Green">0 to 255.</param>
/// <param name="Blue">0 to 255.</param>
public readonly record struct Colour(byte Red, byte Green, byte Blue)
{
    /// <summary>Black.</summary>
    public static Colour Black => new(0, 0, 0);

    /// <summary>White.</summary>
    public static Colour White => new(255, 255, 255);

    /// <summary>A grey.</summary>
    /// <param name="level">0 to 255.</param>
    public static Colour Grey(byte level) => new(level, level, level);
}
