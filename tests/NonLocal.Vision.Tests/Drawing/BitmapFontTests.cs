using NonLocal.Vision.Drawing;

namespace NonLocal.Vision.Tests.Drawing;

public class BitmapFontTests
{
    private const string Signs = "abcdefghijklmnopqrstuvwxyz0123456789.,:%-/=()?_";

    [Fact]
    public void Glyphs_AreAllDifferentAndFitTheirWidth()
    {
        HashSet<string> seen = [];
        foreach (char sign in Signs)
        {
            Canvas canvas = new(8, BitmapFont.Height, Colour.White);
            canvas.Text(0, 0, sign.ToString(), Colour.Black);
            Assert.True(seen.Add(Convert.ToHexString(canvas.Picture.Bytes)), $"{sign} looks like another");
            Assert.InRange(BitmapFont.Width(sign.ToString()), 1, 5);
            for (int y = 0; y < BitmapFont.Height; y++)
            {
                Assert.Equal(Colour.White, canvas[BitmapFont.Width(sign.ToString()), y]);
            }
        }
    }

    [Fact]
    public void Width_OfText_IsThatOfItsSignsWithBlanksBetween()
    {
        Assert.Equal(0, BitmapFont.Width(""));
        Assert.Equal(5 + 1 + 1 + 1 + 3 + 1 + 5, BitmapFont.Width("ai b"));
        Assert.Equal(BitmapFont.Width("match"), BitmapFont.Width("MATCH"));
    }

    [Fact]
    public void Text_OfASignThatIsMissing_IsABox()
    {
        Canvas canvas = new(8, BitmapFont.Height, Colour.White);
        canvas.Text(0, 0, "é", Colour.Black);

        Assert.Equal([true, true, true, true, true], Enumerable.Range(0, 5).Select(x => canvas[x, 0] == Colour.Black));
        Assert.Equal([true, false, false, false, true], Enumerable.Range(0, 5).Select(x => canvas[x, 3] == Colour.Black));
    }
}
