using System.Globalization;
using NonLocal.Analysis;
using NonLocal.Cli.Rendering;
using NonLocal.Vision.Drawing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Explanation;

/// <summary>
/// All blocks on one sheet: for each, what the chosen positions read, over the picture in grey; of other blocks, what they weigh. Every map
/// has a scale of its own, from 0 to its largest weight, which stands below it.
/// </summary>
internal sealed class AttentionSheet
{
    private const float Opacity = 0.75f;
    private const byte MeanGround = 110;
    private const int BarHeight = 120;
    private const int MostSwatches = 8;

    private readonly Subject subject;
    private readonly IReadOnlyList<QueryPoint> points;
    private readonly SheetFrame frame;

    private AttentionSheet(Subject subject, IReadOnlyList<QueryPoint> points, SheetFrame frame)
    {
        this.subject = subject;
        this.points = points;
        this.frame = frame;
    }

    /// <summary>Draws it.</summary>
    /// <param name="subject">The picture.</param>
    /// <param name="answer">What the network says about it.</param>
    /// <param name="points">The points that were asked for.</param>
    /// <param name="blocks">What the blocks show.</param>
    public static Picture Draw(Subject subject, string answer, IReadOnlyList<QueryPoint> points, IReadOnlyList<BlockSight> blocks)
    {
        SheetFrame frame = new(subject.Frames);
        new AttentionSheet(subject, points, frame).Draw(answer, blocks);
        return frame.Finish();
    }

    private void Draw(string answer, IReadOnlyList<BlockSight> blocks)
    {
        frame.Line(answer);
        frame.Line("As the network sees it. Below, framed: the position that reads. Grey: nothing is read there.");
        frame.Panels(subject.Frames.Count, (i, area) => frame.DrawPicture(i, area), FrameName);
        foreach (BlockSight block in blocks)
        {
            switch (block.Target)
            {
                case AttentionTarget.Positions:
                    DrawMaps(block);
                    break;
                case AttentionTarget.Bases:
                    DrawBases(block);
                    break;
                case AttentionTarget.Channels:
                    DrawChannels(block);
                    break;
                default:
                    DrawBars(block);
                    break;
            }
        }
    }

    private void DrawMaps(BlockSight block)
    {
        GridSize keys = block.Keys;
        string sums = block.SumsToOne ? "weights of a position sum to 1" : "weights are no distribution";
        Heading(block, $"{Size(block.Map)} positions read {Size(keys)}: {sums}");
        int[] positions = [.. block.Asked];
        if (subject.Frames.Count == 1)
        {
            frame.Panels(
                points.Count, (query, area) => DrawMap(block, query, positions[query], 0, area), query => Caption(block, query));
        }
        else
        {
            for (int query = 0; query < points.Count; query++)
            {
                int which = query;
                frame.Line(string.Join(", ", Caption(block, query)));
                frame.Panels(subject.Frames.Count, (i, area) => DrawMap(block, which, positions[which], i, area), FrameName);
            }
        }

        frame.Scale(MeanGround, Opacity, (0, 1), null);
        frame.Line("each map has its own scale, from 0 (or its least weight, if that is negative) to its largest");
        frame.Line($"an even share of {keys.Count} positions is {Figures.Short(1.0 / keys.Count)}");
    }

    private void DrawMap(BlockSight block, int query, int position, int picture, Area area)
    {
        frame.DrawGround(picture, area);
        GridSize keys = block.Keys;
        int keyFrame = FrameOf(picture, keys);
        HeatMap.DrawCells(
            frame.Canvas,
            area,
            block.Of(query).Slice(keyFrame * keys.FrameCount, keys.FrameCount),
            keys.Rows,
            Range(block.Of(query)),
            Opacity);
        (int at, int row, int column) = block.Map.Place(position);
        if (FrameOf(picture, block.Map) == at)
        {
            frame.Canvas.Mark(HeatMap.Cell(area, column, row, block.Map.Columns, block.Map.Rows));
        }
    }

    private string[] Caption(BlockSight block, int query)
    {
        ReadOnlySpan<float> weights = block.Of(query);
        Peak peak = Peak.Of(weights, block.Keys);
        string place = string.Join(',', Explainer.Place(block.Keys, (peak.Frame, peak.Row, peak.Column)));
        return
        [
            $"at {subject.Text(points[query])}: sum {Figures.Fixed(Sum(weights), 3)}",
            $"largest {peak.Weight.ToString("G3", CultureInfo.InvariantCulture)} at {place}",
        ];
    }

    // Every position in the colour of the base that has most of it.
    private void DrawBases(BlockSight block)
    {
        Heading(block, $"{Size(block.Map)} positions shared among {block.Width} bases: the colour is the base with the largest share");
        int[] strongest = new int[block.Readers.Count];
        for (int reader = 0; reader < strongest.Length; reader++)
        {
            strongest[reader] = Peak.Index(block.All.Slice(reader * block.Width, block.Width));
        }

        frame.Panels(
            subject.Frames.Count,
            (picture, area) =>
            {
                frame.DrawGround(picture, area);
                int at = FrameOf(picture, block.Readers);
                for (int cell = 0; cell < block.Readers.FrameCount; cell++)
                {
                    (_, int row, int column) = block.Readers.Place(cell);
                    Colour colour = ColourMap.Category(strongest[(at * block.Readers.FrameCount) + cell]);
                    frame.Canvas.Fill(HeatMap.Cell(area, column, row, block.Readers.Columns, block.Readers.Rows), colour, Opacity);
                }
            },
            FrameName);
        (int Base, int Count)[] sizes =
            [.. strongest.GroupBy(number => number).Select(group => (group.Key, group.Count())).OrderByDescending(entry => entry.Item2)];
        foreach ((int number, int count) in sizes.Take(MostSwatches))
        {
            frame.Swatch(ColourMap.Category(number), $"base {number}: {Figures.Fixed(100.0 * count / strongest.Length, 1)} % of positions");
        }

        if (sizes.Length > MostSwatches)
        {
            frame.Line($"and {sizes.Length - MostSwatches} more bases");
        }
    }

    private void DrawChannels(BlockSight block)
    {
        Heading(block, $"{block.Width} channels (rows) read {block.Width} channels (columns): rows sum to 1");
        float[] weights = block.All.ToArray();
        (double low, double full) = Range(weights);
        frame.Panels(1, (_, area) => HeatMap.DrawCells(frame.Canvas, area, weights, block.Width, (low, full)), _ => []);
        frame.Scale(MeanGround, 1, (low, full), 1.0 / block.Width);
        frame.Line($"{Figures.Short(low)} to {Figures.Short(full)}, line: 1/{block.Width}, an even share");
    }

    private void DrawBars(BlockSight block)
    {
        bool gates = block.Target == AttentionTarget.Gates;
        Heading(block, gates ? $"what {block.Width} channels are multiplied by" : $"shares of {block.Width} cells of a pyramid");
        for (int query = 0; query < (gates ? 1 : points.Count); query++)
        {
            float[] weights = block.Of(query).ToArray();
            (double low, double full) = gates ? (0, 1) : Range(weights);
            if (!gates)
            {
                frame.Line($"at {subject.Text(points[query])}: sum {Figures.Fixed(Sum(weights), 3)}");
            }

            frame.Strip(BarHeight, area => BarStrip.Draw(frame.Canvas, area, weights, (low, full)));
            frame.Line($"bars from {Figures.Short(low)} to {Figures.Short(full)}");
        }
    }

    private void Heading(BlockSight block, string what)
    {
        frame.Gap();
        frame.Line($"{block.Block.Path} ({block.Block.GetType().Name})");
        frame.Line(what);
    }

    private int FrameOf(int picture, GridSize grid) => (int)(((2L * picture) + 1) * grid.Frames / (2L * subject.Frames.Count));

    private string[] FrameName(int number) => subject.Frames.Count > 1 ? [$"frame {number}"] : [];

    // From 0, or from the least weight where some are negative.
    private static (double Low, double Full) Range(ReadOnlySpan<float> weights)
    {
        (double low, double full) = (0, 0);
        foreach (float weight in weights)
        {
            (low, full) = (Math.Min(low, weight), Math.Max(full, weight));
        }

        return full > low ? (low, full) : (low, low + 1);
    }

    private static double Sum(ReadOnlySpan<float> weights)
    {
        double sum = 0;
        foreach (float weight in weights)
        {
            sum += weight;
        }

        return sum;
    }

    private static string Size(GridSize grid) =>
        grid.Frames > 1 ? $"{grid.Frames} x {grid.Rows} x {grid.Columns}" : $"{grid.Rows} x {grid.Columns}";
}
