namespace NonLocal.Vision.Drawing;

/// <summary>Weights of a map's positions as colours over a rectangle, for example what a position of a feature map reads.</summary>
public static class HeatMap
{
    /// <summary>
    /// Lays the colours of <see cref="ColourMap"/> over a rectangle. Weights stand in the middles of equal cells; between the middles
    /// they are interpolated (bilinearly), beyond the outer ones they go on as they are. So no colour shows more than the largest weight.
    /// </summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="area">The rectangle that the whole map covers.</param>
    /// <param name="weights">[<paramref name="rows"/>, columns].</param>
    /// <param name="rows">Rows of the map.</param>
    /// <param name="full">The weight that gets the last colour; 0 gets the first.</param>
    /// <param name="opacity">1 hides what lies below.</param>
    /// <exception cref="ArgumentException">The weights do not fill the rows.</exception>
    public static void Draw(Canvas canvas, Area area, ReadOnlySpan<float> weights, int rows, double full, float opacity = 1)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        if (rows < 1 || weights.IsEmpty || weights.Length % rows != 0)
        {
            throw new ArgumentException($"{weights.Length} weights do not fill {rows} rows.", nameof(weights));
        }

        int columns = weights.Length / rows;
        for (int y = 0; y < area.Height; y++)
        {
            (int top, int below, double down) = Between(y, area.Height, rows);
            for (int x = 0; x < area.Width; x++)
            {
                (int left, int right, double along) = Between(x, area.Width, columns);
                double above = Mix(weights[(top * columns) + left], weights[(top * columns) + right], along);
                double under = Mix(weights[(below * columns) + left], weights[(below * columns) + right], along);
                canvas.Blend(area.X + x, area.Y + y, ColourMap.At(Mix(above, under, down) / full), opacity);
            }
        }
    }

    /// <summary>Draws the scale of a heat map: the colours from 0, at the left edge, to the full weight, at the right one.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="area">The rectangle.</param>
    /// <param name="opacity">As the map's, over a ground like the map's.</param>
    public static void DrawScale(Canvas canvas, Area area, float opacity = 1)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        for (int x = 0; x < area.Width; x++)
        {
            canvas.Fill(new Area(area.X + x, area.Y, 1, area.Height), ColourMap.At(x / Math.Max(1.0, area.Width - 1)), opacity);
        }
    }

    // The two cells whose middles a pixel's middle lies between, and how far it is from the first to the second.
    private static (int First, int Second, double Part) Between(int pixel, int pixels, int cells)
    {
        double place = Math.Clamp(((pixel + 0.5) * cells / pixels) - 0.5, 0, cells - 1);
        int first = (int)place;
        return (first, Math.Min(first + 1, cells - 1), place - first);
    }

    private static double Mix(double from, double to, double part) => from + ((to - from) * part);
}
