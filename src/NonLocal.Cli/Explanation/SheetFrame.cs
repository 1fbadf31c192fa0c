using NonLocal.Vision.Drawing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Explanation;

/// <summary>
/// A sheet that grows downwards: lines of text, panels of one size in rows, scales. What is drawn is kept until the height is known, and
/// then drawn on a canvas of that height.
/// </summary>
internal sealed class SheetFrame
{
    private const int Margin = 14;
    private const int TextScale = 2;
    private const int LineHeight = 22;
    private const int ScaleHeight = 16;
    private const int Columns = 4;
    private const int PanelSide = 240;

    private readonly IReadOnlyList<Picture> pictures;
    private readonly Picture[] greys;
    private readonly int zoom;
    private readonly List<Action> drawings = [];
    private Canvas? canvas;
    private int y = Margin;

    /// <summary>An empty sheet.</summary>
    /// <param name="pictures">The frames that panels show, all of one size; small ones are drawn larger.</param>
    public SheetFrame(IReadOnlyList<Picture> pictures)
    {
        this.pictures = pictures;
        greys = [.. pictures.Select(PictureTransform.ToGrey)];
        zoom = Math.Max(1, PanelSide / Math.Max(pictures[0].Width, pictures[0].Height));
    }

    /// <summary>What is drawn on, while it is drawn.</summary>
    public Canvas Canvas => canvas ?? throw new InvalidOperationException("Nothing is drawn before the sheet is finished.");

    private int PanelWidth => pictures[0].Width * zoom;

    private int PanelHeight => pictures[0].Height * zoom;

    private int InnerWidth => (Columns * Math.Max(PanelWidth, PanelSide)) + ((Columns - 1) * Margin);

    /// <summary>A line of text.</summary>
    public void Line(string text) => Text(Margin, text);

    /// <summary>Some room.</summary>
    public void Gap() => y += Margin;

    /// <summary>Panels side by side, in as many rows as they need, with lines of text below each.</summary>
    /// <param name="count">How many.</param>
    /// <param name="draw">Draws one: its number and where.</param>
    /// <param name="captions">Its lines.</param>
    public void Panels(int count, Action<int, Area> draw, Func<int, string[]> captions)
    {
        int columnWidth = Math.Max(PanelWidth, PanelSide) + Margin;
        for (int first = 0; first < count; first += Columns)
        {
            int lines = 0;
            for (int i = first; i < Math.Min(count, first + Columns); i++)
            {
                int number = i;
                Area area = new(Margin + ((i - first) * columnWidth), y, PanelWidth, PanelHeight);
                drawings.Add(() => draw(number, area));
                string[] texts = captions(i);
                lines = Math.Max(lines, texts.Length);
                for (int line = 0; line < texts.Length; line++)
                {
                    string text = texts[line];
                    Point(area.X, area.Bottom + 8 + (line * LineHeight), text);
                }
            }

            y += PanelHeight + 8 + (lines * LineHeight) + (Margin / 2);
        }
    }

    /// <summary>A strip over the whole width.</summary>
    public void Strip(int height, Action<Area> draw)
    {
        Area area = new(Margin, y, InnerWidth, height);
        drawings.Add(() => draw(area));
        y += height + 8;
    }

    /// <summary>A scale of colours over a grey ground, as the maps have; with a line at a number.</summary>
    public void Scale(byte ground, float opacity, (double Low, double Full) scale, double? line)
    {
        Area bar = new(Margin, y + 4, InnerWidth / 2, ScaleHeight);
        drawings.Add(() =>
        {
            Canvas.Fill(bar, Colour.Grey(ground));
            HeatMap.DrawScale(Canvas, bar, opacity);
            if (line is { } number && number <= scale.Full)
            {
                int x = bar.X + (int)Math.Round((bar.Width - 1) * (number - scale.Low) / (scale.Full - scale.Low));
                Canvas.Fill(new Area(x, bar.Y - 4, 2, ScaleHeight + 8), Colour.Black);
            }
        });
        y += ScaleHeight + 14;
    }

    /// <summary>A colour and what it stands for.</summary>
    public void Swatch(Colour colour, string text)
    {
        Area area = new(Margin, y, LineHeight - 6, LineHeight - 6);
        drawings.Add(() => Canvas.Fill(area, colour));
        Text(area.Right + 8, text);
    }

    /// <summary>Draws a picture as it is.</summary>
    public void DrawPicture(int number, Area area) => Canvas.Draw(pictures[number], area.X, area.Y, zoom);

    /// <summary>Draws a picture in grey.</summary>
    public void DrawGround(int number, Area area) => Canvas.Draw(greys[number], area.X, area.Y, zoom);

    /// <summary>Draws all of it.</summary>
    public Picture Finish()
    {
        canvas = new Canvas(InnerWidth + (2 * Margin), y + Margin, Colour.White);
        foreach (Action draw in drawings)
        {
            draw();
        }

        return canvas.Picture;
    }

    private void Text(int x, string text)
    {
        Point(x, y, text);
        y += LineHeight;
    }

    private void Point(int x, int line, string text) => drawings.Add(() => Canvas.Text(x, line, text, Colour.Black, TextScale));
}
