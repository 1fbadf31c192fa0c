namespace NonLocal.Vision.Drawing;

/// <summary>Numbers as bars side by side, for example how much of each channel passes a gate.</summary>
public static class BarStrip
{
    /// <summary>Draws bars over a pale ground, from the line of 0 to their numbers, in the colours of <see cref="ColourMap"/>.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="area">The rectangle, from the least number at its lower edge to the largest at its upper one.</param>
    /// <param name="numbers">One for each bar; bars share the width evenly.</param>
    /// <param name="scale">The numbers of the lower and the upper edge; what lies beyond is cut off.</param>
    public static void Draw(Canvas canvas, Area area, ReadOnlySpan<float> numbers, (double Low, double Full) scale)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        canvas.Fill(area, Colour.Grey(238));
        int ground = Height(0);
        for (int i = 0; i < numbers.Length; i++)
        {
            Area column = HeatMap.Cell(area, i, 0, numbers.Length, 1);
            int top = Height(numbers[i]);
            (int low, int high) = (Math.Min(ground, top), Math.Max(ground, top));
            Area bar = new(column.X, area.Bottom - high, column.Width, high - low);
            canvas.Fill(bar, ColourMap.At((numbers[i] - scale.Low) / (scale.Full - scale.Low) * 0.8));
        }

        canvas.Fill(new Area(area.X, area.Bottom - ground, area.Width, 1), Colour.Black);

        int Height(double number) =>
            (int)Math.Round(Math.Clamp((number - scale.Low) / (scale.Full - scale.Low), 0, 1) * area.Height);
    }
}
