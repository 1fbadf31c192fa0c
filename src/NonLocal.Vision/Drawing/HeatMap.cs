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
        CheckRows(weights, rows);
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

    /// <summary>
    /// Lays the colours of <see cref="ColourMap"/> over a rectangle, every weight as an even cell. Cells whose weight is exactly 0 are left
    /// as they are: nothing is read there.
    /// </summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="area">The rectangle that the whole map covers.</param>
    /// <param name="weights">[<paramref name="rows"/>, columns].</param>
    /// <param name="rows">Rows of the map.</param>
    /// <param name="scale">The weights that get the first and the last colour.</param>
    /// <param name="opacity">1 hides what lies below.</param>
    /// <exception cref="ArgumentException">The weights do not fill the rows.</exception>
    public static void DrawCells(
        Canvas canvas, Area area, ReadOnlySpan<float> weights, int rows, (double Low, double Full) scale, float opacity = 1)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        CheckRows(weights, rows);
        int columns = weights.Length / rows;
        for (int y = 0; y < area.Height; y++)
        {
            for (int x = 0; x < area.Width; x++)
            {
                float weight = weights[((int)((long)y * rows / area.Height) * columns) + (int)((long)x * columns / area.Width)];
                if (weight != 0)
                {
                    double number = (weight - scale.Low) / (scale.Full - scale.Low);
                    canvas.Blend(area.X + x, area.Y + y, ColourMap.At(number), opacity);
                }
            }
        }
    }

    /// <summary>The rectangle that a cell covers.</summary>
    /// <param name="area">That of the whole map.</param>
    /// <param name="column">The cell's column.</param>
    /// <param name="row">Its row.</param>
    /// <param name="columns">Columns of the map.</param>
    /// <param name="rows">Rows of the map.</param>
    public static Area Cell(Area area, int column, int row, int columns, int rows)
    {
        (int left, int right) = (Edge(column, columns, area.Width), Edge(column + 1, columns, area.Width));
        (int top, int bottom) = (Edge(row, rows, area.Height), Edge(row + 1, rows, area.Height));
        return new Area(area.X + left, area.Y + top, right - left, bottom - top);
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

    private static void CheckRows(ReadOnlySpan<float> weights, int rows)
    {
        if (rows < 1 || weights.IsEmpty || weights.Length % rows != 0)
        {
            throw new ArgumentException($"{weights.Length} weights do not fill {rows} rows.", nameof(weights));
        }
    }

    // The first pixel of a cell: where pixel · cells / pixels reaches it.
    private static int Edge(int cell, int cells, int pixels) => (int)((((long)cell * pixels) + cells - 1) / cells);

    // The two cells whose middles a pixel's middle lies between, and how far it is from the first to the second.
    private static (int First, int Second, double Part) Between(int pixel, int pixels, int cells)
    {
        double place = Math.Clamp(((pixel + 0.5) * cells / pixels) - 0.5, 0, cells - 1);
        int first = (int)place;
        return (first, Math.Min(first + 1, cells - 1), place - first);
    }

    private static double Mix(double from, double to, double part) => from + ((to - from) * part);
}
