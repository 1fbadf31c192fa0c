using NonLocal.Cli.Rendering;
using NonLocal.Vision.Drawing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Classification;

/// <summary>
/// The contact sheet of a clip: every frame, and below it in grey what one position of a block reads there. The position is framed; all
/// frames have one scale, from 0 to the largest weight.
/// </summary>
internal static class ClipSheet
{
    private const int Columns = 4;
    private const int LeastWidth = 200;
    private const int TextScale = 2;
    private const int Margin = 14;
    private const int LineHeight = 22;
    private const int Between = 4;
    private const float Opacity = 0.8f;
    private const byte MeanGround = 95;

    /// <summary>Draws it.</summary>
    /// <param name="seen">What is read.</param>
    /// <param name="title">The first line.</param>
    public static Picture Draw(ClipAttention seen, string title)
    {
        Picture first = seen.Frames[0];
        int scale = Math.Max(1, (LeastWidth + first.Width - 1) / first.Width);
        (int width, int height) = (first.Width * scale, first.Height * scale);
        int columns = Math.Min(Columns, seen.Frames.Count);
        int rows = (seen.Frames.Count + columns - 1) / columns;
        int rowHeight = LineHeight + (2 * height) + Between + Margin;
        int textWidth = 700;
        Canvas canvas = new(
            Math.Max(textWidth, Margin + (columns * (width + Margin))),
            Margin + (2 * LineHeight) + (rows * rowHeight) + (3 * LineHeight),
            Colour.White);
        double full = Math.Max(seen.Weights.Max(), 1e-12);
        canvas.Text(Margin, Margin, title, Colour.Black, TextScale);
        canvas.Text(Margin, Margin + LineHeight, $"and what the framed position reads, in {seen.Block}:", Colour.Black, TextScale);
        int top = Margin + (2 * LineHeight);
        for (int frame = 0; frame < seen.Frames.Count; frame++)
        {
            int x = Margin + (frame % columns * (width + Margin));
            int y = top + (frame / columns * rowHeight);
            canvas.Text(x, y, $"frame {seen.Numbers[frame]}", Colour.Black, TextScale);
            canvas.Draw(seen.Frames[frame], x, y + LineHeight, scale);
            DrawHeat(canvas, new Area(x, y + LineHeight + height + Between, width, height), seen, frame, full, scale);
        }

        DrawLegend(canvas, top + (rows * rowHeight), seen, full);
        return canvas.Picture;
    }

    private static void DrawHeat(Canvas canvas, Area area, ClipAttention seen, int frame, double full, int scale)
    {
        canvas.Draw(Grey(seen.Frames[frame]), area.X, area.Y, scale);
        int inFrame = seen.Keys.Rows * seen.Keys.Columns;
        int keyFrame = frame * seen.Keys.Frames / seen.Frames.Count;
        HeatMap.Draw(canvas, area, seen.Weights.AsSpan(keyFrame * inFrame, inFrame), seen.Keys.Rows, full, Opacity);
        if (frame * seen.Map.Frames / seen.Frames.Count == seen.Query.Frame)
        {
            int left = area.X + (seen.Query.Column * area.Width / seen.Map.Columns);
            int right = area.X + ((seen.Query.Column + 1) * area.Width / seen.Map.Columns);
            int top = area.Y + (seen.Query.Row * area.Height / seen.Map.Rows);
            int bottom = area.Y + ((seen.Query.Row + 1) * area.Height / seen.Map.Rows);
            canvas.Mark(new Area(left, top, right - left, bottom - top));
        }
    }

    private static void DrawLegend(Canvas canvas, int y, ClipAttention seen, double full)
    {
        const int height = 16;
        Area bar = new(Margin, y, LeastWidth, height);
        canvas.Fill(bar, Colour.Grey(MeanGround));
        HeatMap.DrawScale(canvas, bar, Opacity);
        int even = bar.X + (int)Math.Round((bar.Width - 1) * Math.Min(1, 1 / (seen.Weights.Length * full)));
        canvas.Fill(new Area(even, bar.Y - 4, 2, height + 8), Colour.Black);
        canvas.Text(bar.Right + Margin, y, $"weight: 0 to {Figures.Fixed(full, 3)}", Colour.Black, TextScale);
        canvas.Text(
            Margin,
            y + LineHeight + 4,
            $"Line at 1/{seen.Weights.Length}: what each place has when all are read alike.",
            Colour.Black,
            TextScale);
    }

    private static Picture Grey(Picture picture)
    {
        Picture grey = new(picture.Width, picture.Height, 1);
        for (int i = 0; i < grey.Bytes.Length; i++)
        {
            ReadOnlySpan<byte> pixel = picture.Bytes.AsSpan(3 * i, 3);
            grey.Bytes[i] = (byte)((pixel[0] + pixel[1] + pixel[2]) / 3);
        }

        return grey;
    }
}
