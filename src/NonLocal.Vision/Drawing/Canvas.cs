using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Drawing;

/// <summary>A picture to draw on. What lies outside of it is left out, without an error.</summary>
public sealed class Canvas
{
    /// <summary>A canvas of one colour.</summary>
    /// <param name="width">Pixels in a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="ground">Its colour.</param>
    public Canvas(int width, int height, Colour ground)
    {
        Picture = new Picture(width, height, 3);
        Fill(new Area(0, 0, width, height), ground);
    }

    /// <summary>What has been drawn: RGB.</summary>
    public Picture Picture { get; }

    /// <summary>The colour of a pixel.</summary>
    /// <param name="x">Its column; inside the picture.</param>
    /// <param name="y">Its row; inside the picture.</param>
    public Colour this[int x, int y]
    {
        get
        {
            ReadOnlySpan<byte> pixel = Picture.Row(y).Slice(3 * x, 3);
            return new Colour(pixel[0], pixel[1], pixel[2]);
        }
    }

    /// <summary>Lays a colour over a pixel.</summary>
    /// <param name="x">Its column.</param>
    /// <param name="y">Its row.</param>
    /// <param name="colour">The colour.</param>
    /// <param name="opacity">0: nothing changes, 1: the colour itself. Mixed in sRGB's own numbers, rounded to nearest.</param>
    public void Blend(int x, int y, Colour colour, float opacity = 1)
    {
        if (x < 0 || y < 0 || x >= Picture.Width || y >= Picture.Height)
        {
            return;
        }

        Span<byte> pixel = Picture.Row(y).Slice(3 * x, 3);
        pixel[0] = Mix(pixel[0], colour.Red, opacity);
        pixel[1] = Mix(pixel[1], colour.Green, opacity);
        pixel[2] = Mix(pixel[2], colour.Blue, opacity);
    }

    /// <summary>Lays a colour over a rectangle.</summary>
    public void Fill(Area area, Colour colour, float opacity = 1)
    {
        for (int y = area.Y; y < area.Bottom; y++)
        {
            for (int x = area.X; x < area.Right; x++)
            {
                Blend(x, y, colour, opacity);
            }
        }
    }

    /// <summary>Draws the border of a rectangle, inside it.</summary>
    /// <param name="area">The rectangle, border included.</param>
    /// <param name="colour">The border's colour.</param>
    /// <param name="thickness">How wide the border is.</param>
    public void Outline(Area area, Colour colour, int thickness = 1)
    {
        Fill(area with { Height = thickness }, colour);
        Fill(area with { Y = area.Bottom - thickness, Height = thickness }, colour);
        Area sides = area with { Y = area.Y + thickness, Height = area.Height - (2 * thickness) };
        Fill(sides with { Width = thickness }, colour);
        Fill(sides with { X = area.Right - thickness, Width = thickness }, colour);
    }

    /// <summary>Frames a place so that it is seen on any ground: a white border between two black ones, around the rectangle.</summary>
    public void Mark(Area area)
    {
        Outline(area.Grown(1), Colour.Black);
        Outline(area.Grown(3), Colour.White, 2);
        Outline(area.Grown(4), Colour.Black);
    }

    /// <summary>Draws a picture with every pixel as a square, so that pixels stay crisp.</summary>
    /// <param name="picture">Any number of channels; alpha is not looked at.</param>
    /// <param name="x">Where its first column goes.</param>
    /// <param name="y">Where its first row goes.</param>
    /// <param name="scale">The side of a square, at least 1.</param>
    public void Draw(Picture picture, int x, int y, int scale = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        Picture colours = PictureTransform.ToRgb(picture);
        for (int row = 0; row < colours.Height; row++)
        {
            for (int column = 0; column < colours.Width; column++)
            {
                ReadOnlySpan<byte> pixel = colours.Row(row).Slice(3 * column, 3);
                Area square = new(x + (column * scale), y + (row * scale), scale, scale);
                Fill(square, new Colour(pixel[0], pixel[1], pixel[2]));
            }
        }
    }

    /// <summary>Writes a line of text in <see cref="BitmapFont"/>.</summary>
    /// <param name="x">The first column.</param>
    /// <param name="y">The row of the letters' upper edge.</param>
    /// <param name="text">Letters that the font lacks are drawn as a box.</param>
    /// <param name="colour">The letters' colour.</param>
    /// <param name="scale">The side of a dot of the font.</param>
    public void Text(int x, int y, string text, Colour colour, int scale = 1)
    {
        foreach ((int column, int row) in BitmapFont.Dots(text))
        {
            Fill(new Area(x + (column * scale), y + (row * scale), scale, scale), colour);
        }
    }

    private static byte Mix(byte under, byte over, float opacity) =>
        (byte)Math.Clamp(MathF.Round(under + ((over - under) * opacity)), 0, 255);
}
