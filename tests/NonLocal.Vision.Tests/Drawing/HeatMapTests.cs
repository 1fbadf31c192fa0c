using NonLocal.Vision.Drawing;

namespace NonLocal.Vision.Tests.Drawing;

public class HeatMapTests
{
    [Fact]
    public void ColourMap_LightnessRisesEvenly()
    {
        double[] lightness = [.. Enumerable.Range(0, 256).Select(i => Lightness(ColourMap.At(i / 255.0)))];

        for (int i = 1; i < lightness.Length; i++)
        {
            Assert.True(lightness[i] > lightness[i - 1], $"{i}: {lightness[i - 1]} to {lightness[i]}");
        }

        // Equal quarters of the numbers are about equal quarters of the lightness.
        double quarter = (lightness[^1] - lightness[0]) / 4;
        Assert.True(quarter > 20);
        Assert.All([64, 128, 191], i => Assert.InRange(lightness[i] - lightness[Math.Max(0, i - 64)], 0.85 * quarter, 1.15 * quarter));
    }

    [Fact]
    public void ColourMap_OutsideOfItsNumbers_IsTheNearestEnd()
    {
        Assert.Equal(ColourMap.At(0), ColourMap.At(-3));
        Assert.Equal(ColourMap.At(0), ColourMap.At(double.NaN));
        Assert.Equal(ColourMap.At(1), ColourMap.At(7));
        Assert.NotEqual(ColourMap.At(0), ColourMap.At(1));
    }

    [Fact]
    public void Draw_EqualWeights_IsOneColour()
    {
        Canvas canvas = new(11, 9, Colour.White);
        float[] weights = new float[12];
        Array.Fill(weights, 1 / 12f);
        HeatMap.Draw(canvas, new Area(1, 1, 9, 7), weights, 3, 0.25);

        Colour expected = ColourMap.At(1 / 12f / 0.25);
        for (int y = 1; y < 8; y++)
        {
            Assert.All(Enumerable.Range(1, 9), x => Assert.Equal(expected, canvas[x, y]));
        }

        Assert.Equal(Colour.White, canvas[0, 4]);
        Assert.Equal(Colour.White, canvas[10, 4]);
        Assert.Equal(Colour.White, canvas[4, 8]);
    }

    [Fact]
    public void Draw_OneWeight_IsFullInTheMiddleOfItsCellAndGoneInTheMiddlesOfOthers()
    {
        // Cells of 3 × 3 pixels, whose middle pixel has the cell's own weight.
        Canvas canvas = new(12, 9, Colour.White);
        float[] weights = new float[12];
        weights[(1 * 4) + 2] = 0.5f;
        HeatMap.Draw(canvas, new Area(0, 0, 12, 9), weights, 3, 0.5);

        Assert.Equal(ColourMap.At(1), canvas[7, 4]);
        Assert.Equal(ColourMap.At(2 / 3.0), canvas[8, 4]);
        Assert.Equal(ColourMap.At(1 / 3.0), canvas[9, 4]);
        Assert.All(
            new[] { (4, 4), (10, 4), (7, 1), (7, 7), (0, 0) },
            place => Assert.Equal(ColourMap.At(0), canvas[place.Item1, place.Item2]));
    }

    [Fact]
    public void Draw_HalfOpaque_LetsTheGroundThrough()
    {
        Canvas canvas = new(2, 2, Colour.White);
        HeatMap.Draw(canvas, new Area(0, 0, 2, 2), [1], 1, 1, 0.5f);

        Canvas expected = new(1, 1, Colour.White);
        expected.Blend(0, 0, ColourMap.At(1), 0.5f);
        Assert.Equal(expected[0, 0], canvas[1, 1]);
    }

    [Fact]
    public void DrawScale_RunsFromTheFirstToTheLastColour()
    {
        Canvas canvas = new(5, 1, Colour.White);
        HeatMap.DrawScale(canvas, new Area(0, 0, 5, 1));

        Assert.Equal(
            [ColourMap.At(0), ColourMap.At(0.25), ColourMap.At(0.5), ColourMap.At(0.75), ColourMap.At(1)],
            Enumerable.Range(0, 5).Select(x => canvas[x, 0]));
    }

    [Fact]
    public void DrawCells_Weights_AreEvenCellsAndNothingWhereTheyAreZero()
    {
        Canvas canvas = new(7, 5, Colour.White);
        Area area = new(1, 1, 5, 3);
        float[] weights = [0, 1, -1, 0.5f];
        HeatMap.DrawCells(canvas, area, weights, 2, (-1, 1));
        for (int cell = 0; cell < 4; cell++)
        {
            Colour expected = weights[cell] == 0 ? Colour.White : ColourMap.At((weights[cell] + 1) / 2);
            Area covered = HeatMap.Cell(area, cell % 2, cell / 2, 2, 2);
            for (int y = covered.Y; y < covered.Bottom; y++)
            {
                Assert.All(Enumerable.Range(covered.X, covered.Width), x => Assert.Equal(expected, canvas[x, y]));
            }
        }

        Assert.Equal(Colour.White, canvas[0, 2]);
        Assert.Equal(Colour.White, canvas[6, 2]);
    }

    [Fact]
    public void Cell_OfAllCells_CoverTheAreaOnce()
    {
        int[] widths = [.. Enumerable.Range(0, 3).Select(column => HeatMap.Cell(new Area(2, 0, 10, 4), column, 0, 3, 1).Width)];
        Assert.Equal(10, widths.Sum());
        Assert.Equal(2 + widths[0], HeatMap.Cell(new Area(2, 0, 10, 4), 1, 0, 3, 1).X);
    }

    [Fact]
    public void Category_Numbers_AreDifferentColours() =>
        Assert.Equal(64, Enumerable.Range(0, 64).Select(ColourMap.Category).Distinct().Count());

    [Fact]
    public void BarStrip_Numbers_ReachUpFromTheLineOfZero()
    {
        Canvas canvas = new(4, 12, Colour.White);
        BarStrip.Draw(canvas, new Area(0, 1, 4, 10), [0.5f, -0.2f], (-0.5, 0.5));
        Assert.All([1, 5], y => Assert.Equal(ColourMap.At(0.8), canvas[0, y]));
        Assert.Equal(Colour.Black, canvas[0, 6]);
        Assert.Equal(Colour.Grey(238), canvas[0, 7]);
        Assert.Equal(Colour.Grey(238), canvas[2, 5]);
        Assert.Equal(ColourMap.At(0.3 * 0.8), canvas[2, 7]);
        Assert.Equal(Colour.Grey(238), canvas[2, 8]);
    }

    [Fact]
    public void Draw_WeightsThatDoNotFillTheRows_AreRefused()
    {
        Canvas canvas = new(4, 4, Colour.White);
        Assert.Throws<ArgumentException>(() => HeatMap.Draw(canvas, new Area(0, 0, 4, 4), new float[7], 2, 1));
        Assert.Throws<ArgumentException>(() => HeatMap.Draw(canvas, new Area(0, 0, 4, 4), [], 1, 1));
        Assert.Throws<ArgumentException>(() => HeatMap.Draw(canvas, new Area(0, 0, 4, 4), new float[4], 0, 1));
    }

    // CIE 1976 lightness, 0 to 100, of an sRGB colour.
    private static double Lightness(Colour colour)
    {
        double luminance = (0.2126 * Linear(colour.Red)) + (0.7152 * Linear(colour.Green)) + (0.0722 * Linear(colour.Blue));
        return luminance > 216.0 / 24389 ? (116 * Math.Cbrt(luminance)) - 16 : luminance * 24389 / 27;

        static double Linear(byte sample)
        {
            double part = sample / 255.0;
            return part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4);
        }
    }
}
