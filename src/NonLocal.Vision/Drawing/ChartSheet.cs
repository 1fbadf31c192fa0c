using NonLocal.Formats;

namespace NonLocal.Vision.Drawing;

/// <summary>Charts below one another as an SVG picture, 900 pixels wide: text that stays text, on a light ground.</summary>
/// <param name="title">The whole sheet's.</param>
/// <param name="note">One line below the title.</param>
/// <param name="horizontal">What the horizontal axes show.</param>
/// <param name="ticks">Numbers of the horizontal axis and what is written there; two or more, growing.</param>
/// <param name="charts">One or more.</param>
public sealed class ChartSheet(
    string title, string note, string horizontal, IReadOnlyList<(double Number, string Text)> ticks, IReadOnlyList<Chart> charts)
{
    private const double Width = 900;
    private const double HeadHeight = 64;
    private const double PlotLeft = 76;
    private const double PlotRight = 640;
    private const double LabelLeft = 668;
    private const double PlotTop = 34;
    private const double LeastPlotHeight = 360;
    private const double FootHeight = 52;
    private const double LabelDistance = 14;
    private const double MarkerSize = 4;

    private static readonly Colour Ink = Colour.Grey(34);
    private static readonly Colour Muted = Colour.Grey(96);
    private static readonly Colour Rule = Colour.Grey(224);

    // Okabe and Ito's colours, told apart with every kind of colour vision; their yellow is too pale for a white ground.
    private static readonly Colour[] Colours =
        [new(0, 114, 178), new(213, 94, 0), new(0, 158, 115), new(204, 121, 167), new(86, 180, 233), new(230, 159, 0), Colour.Black];

    // All labels have their place beside the plot.
    private readonly double plotHeight = Math.Max(LeastPlotHeight, LabelDistance * charts.Max(chart => chart.Lines.Count));

    /// <summary>Writes the picture.</summary>
    /// <param name="path">An existing file is replaced; nothing is written half.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path) => AtomicFile.Write(path, Write);

    /// <summary>Writes the picture to a stream.</summary>
    public void Write(Stream stream)
    {
        double chartHeight = PlotTop + plotHeight + FootHeight;
        using SvgWriter svg = new(stream, Width, HeadHeight + (charts.Count * chartHeight), title);
        svg.Text(new Point(16, 28), title, 18, Ink, bold: true);
        svg.Text(new Point(16, 49), note, 12.5, Muted);
        for (int i = 0; i < charts.Count; i++)
        {
            Draw(svg, charts[i], HeadHeight + (i * chartHeight) + PlotTop);
        }
    }

    private void Draw(SvgWriter svg, Chart chart, double top)
    {
        double bottom = top + plotHeight;
        (ChartLine Line, (double X, double Y)[] Points)[] lines =
        [
            .. chart.Lines
                .Select(line => (line, line.Points.Where(point => point is { X: > 0, Y: > 0 }).ToArray()))
                .Where(entry => entry.Item2.Length > 0),
        ];
        svg.Text(new Point(16, top - 14), chart.Title, 14, Ink, bold: true);
        LogAxis across = new(ticks[0].Number, ticks[^1].Number, PlotLeft, PlotRight);
        double[] heights = [.. lines.SelectMany(line => line.Points).Select(point => point.Y)];
        LogAxis up = LogAxis.Around(heights.Length == 0 ? [1] : heights, bottom, top);
        DrawAxes(svg, chart, across, up, bottom);

        Point[][] paths =
            [.. lines.Select(line => line.Points.Select(point => new Point(across.Place(point.X), up.Place(point.Y))).ToArray())];
        double[] labels = LabelColumn.Spread([.. paths.Select(path => path[^1].Y)], LabelDistance, top, bottom);
        for (int i = 0; i < lines.Length; i++)
        {
            (ChartLine line, Point[] path) = (lines[i].Line, paths[i]);
            Colour colour = Colours[line.Style % Colours.Length];
            string dashes = line.Dashed ? "5 4" : "none";
            svg.Line(path[^1], new Point(LabelLeft - 4, labels[i]), colour, 0.75, "1 3");
            svg.Path(path, colour, 1.75, dashes);
            foreach (Point point in path)
            {
                Mark(svg, point, line.Style / Colours.Length, colour);
            }

            svg.Text(new Point(LabelLeft, labels[i] + 4), line.Name, 12, Ink);
            Mark(svg, new Point(LabelLeft - 8, labels[i]), line.Style / Colours.Length, colour);
        }
    }

    private void DrawAxes(SvgWriter svg, Chart chart, LogAxis across, LogAxis up, double bottom)
    {
        double top = bottom - plotHeight;
        foreach (double power in up.Powers())
        {
            double y = up.Place(power);
            svg.Line(new Point(PlotLeft, y), new Point(PlotRight, y), Rule);
            svg.Text(new Point(PlotLeft - 8, y + 4), chart.Format(power), 12, Muted, TextAnchor.End);
        }

        foreach ((double number, string text) in ticks)
        {
            double x = across.Place(number);
            svg.Line(new Point(x, top), new Point(x, bottom), Rule);
            svg.Text(new Point(x, bottom + 18), text, 12, Muted, TextAnchor.Middle);
        }

        svg.Line(new Point(PlotLeft, bottom), new Point(PlotRight, bottom), Muted);
        svg.Text(new Point((PlotLeft + PlotRight) / 2, bottom + 37), horizontal, 12.5, Muted, TextAnchor.Middle);
    }

    // The first seven lines have circles, the next squares, then triangles and so on.
    private static void Mark(SvgWriter svg, Point at, int kind, Colour colour)
    {
        if (kind == 0)
        {
            svg.Circle(at, MarkerSize, colour);
            return;
        }

        int corners = kind == 1 ? 4 : kind == 2 ? 3 : kind + 2;
        double turn = kind == 1 ? Math.PI / 4 : 0;
        svg.Polygon(
            Enumerable.Range(0, corners).Select(i =>
            {
                double angle = turn + (2 * Math.PI * i / corners);
                return new Point(at.X + (1.25 * MarkerSize * Math.Sin(angle)), at.Y - (1.25 * MarkerSize * Math.Cos(angle)));
            }),
            colour);
    }
}
