using NonLocal.Vision.Drawing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Drawing;

public class CanvasTests
{
    private static readonly Colour Red = new(200, 0, 0);

    [Fact]
    public void Fill_PartlyOutside_ColoursWhatIsInside()
    {
        Canvas canvas = new(6, 5, Colour.White);
        canvas.Fill(new Area(4, -2, 10, 4), Red);

        Assert.Equal(Red, canvas[4, 0]);
        Assert.Equal(Red, canvas[5, 1]);
        Assert.Equal(Colour.White, canvas[3, 0]);
        Assert.Equal(Colour.White, canvas[4, 2]);
    }

    [Fact]
    public void Blend_Half_IsTheMiddleOfBothColours()
    {
        Canvas canvas = new(1, 1, Colour.Grey(100));
        canvas.Blend(0, 0, new Colour(200, 101, 0), 0.5f);

        Assert.Equal(new Colour(150, 100, 50), canvas[0, 0]);
    }

    [Fact]
    public void Outline_LeavesTheInsideAndStaysInTheArea()
    {
        Canvas canvas = new(9, 9, Colour.White);
        canvas.Outline(new Area(1, 2, 6, 5), Red, 2);

        for (int i = 0; i < 81; i++)
        {
            (int x, int y) = (i % 9, i / 9);
            bool area = x is >= 1 and <= 6 && y is >= 2 and <= 6;
            bool inside = x is >= 3 and <= 4 && y == 4;
            Assert.Equal(area && !inside ? Red : Colour.White, canvas[x, y]);
        }
    }

    [Fact]
    public void Mark_LeavesThePlaceItself()
    {
        Canvas canvas = new(16, 16, Red);
        canvas.Mark(new Area(6, 7, 3, 2));

        Assert.Equal(Red, canvas[6, 7]);
        Assert.Equal(Red, canvas[8, 8]);
        Assert.Equal([Colour.Black, Colour.White, Colour.White, Colour.Black, Red], Enumerable.Range(1, 5).Select(i => canvas[6 - i, 7]));
        Assert.Equal([Colour.Black, Colour.White, Colour.White, Colour.Black, Red], Enumerable.Range(1, 5).Select(i => canvas[8, 8 + i]));
    }

    [Fact]
    public void Draw_Scaled_MakesCrispSquares()
    {
        Picture picture = new(2, 1, 3, [1, 2, 3, 40, 50, 60]);
        Canvas canvas = new(8, 5, Colour.White);
        canvas.Draw(picture, 1, 1, 3);

        Assert.Equal(new Colour(1, 2, 3), canvas[3, 3]);
        Assert.Equal(new Colour(40, 50, 60), canvas[4, 1]);
        Assert.Equal(new Colour(40, 50, 60), canvas[6, 3]);
        Assert.Equal(Colour.White, canvas[7, 3]);
        Assert.Equal(Colour.White, canvas[3, 4]);
        Assert.Throws<ArgumentOutOfRangeException>(() => canvas.Draw(picture, 0, 0, 0));
    }

    [Fact]
    public void Text_HasTheDotsOfItsLetters()
    {
        Canvas canvas = new(40, 12, Colour.White);
        canvas.Text(2, 1, "l:", Red, 1);

        // l: a stem of six dots and a foot to the right; after one blank the colon's two dots.
        string[] seen = [.. Enumerable.Range(0, 9).Select(y => string.Concat(
            Enumerable.Range(0, 6).Select(x => canvas[2 + x, 1 + y] == Red ? '#' : '.')))];
        Assert.Equal(["#.....", "#.....", "#..#..", "#.....", "#.....", "#.....", ".#.#..", "......", "......"], seen);
        Assert.Equal(4, BitmapFont.Width("l:"));
    }
}
