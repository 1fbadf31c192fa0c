namespace NonLocal.Vision.Drawing;

/// <summary>A rectangle of whole pixels.</summary>
/// <param name="X">Its first column.</param>
/// <param name="Y">Its first row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct Area(int X, int Y, int Width, int Height)
{
    /// <summary>The column after its last.</summary>
    public int Right => X + Width;

    /// <summary>The row after its last.</summary>
    public int Bottom => Y + Height;

    /// <summary>The rectangle that is larger by so many pixels on every side; smaller when negative.</summary>
    public Area Grown(int pixels) => new(X - pixels, Y - pixels, Width + (2 * pixels), Height + (2 * pixels));
}
