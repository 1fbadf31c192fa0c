using System.Globalization;
using NonLocal.Analysis;
using NonLocal.Cli.Rendering;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Datasets.Generated;
using NonLocal.Vision.Drawing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Demonstration;

/// <summary>
/// The picture of a demo: the first held-out pictures, and below each what the block reads there from a position on a mark and from one
/// on the ground. All maps have one scale, from 0 to the largest weight of all.
/// </summary>
internal sealed class DemoSheet
{
    private const int Columns = 4;
    private const int Scale = 5;
    private const int TextScale = 2;
    private const int Margin = 14;
    private const int LineHeight = 22;
    private const float Opacity = 0.8f;
    private const byte MeanGround = 95;
    private const byte MarkLine = 150;

    private static readonly int Side = DemoTask.Marks.Size * Scale;
    private static readonly int CellSide = Side / DemoTask.MapSide;
    private readonly DemoPictures pictures;
    private readonly Contender contender;
    private readonly WorkerPool pool;

    private DemoSheet(DemoPictures pictures, Contender contender, WorkerPool pool)
    {
        this.pictures = pictures;
        this.contender = contender;
        this.pool = pool;
    }

    /// <summary>Draws it.</summary>
    /// <param name="pictures">Of which the held-out ones are shown.</param>
    /// <param name="contender">The network with the block.</param>
    /// <param name="pool">Threads.</param>
    public static Picture Draw(DemoPictures pictures, Contender contender, WorkerPool pool) =>
        new DemoSheet(pictures, contender, pool).Draw();

    /// <summary>What the network and its block make of a held-out picture.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="contender">The network with the block.</param>
    /// <param name="index">Which held-out picture.</param>
    /// <param name="pool">Threads.</param>
    public static Reading Read(DemoPictures pictures, Contender contender, int index, WorkerPool pool)
    {
        (int Column, int Row)[] queries = Queries(pictures.MarksOf(index));
        int[] positions = [.. queries.Select(query => (query.Row * DemoTask.MapSide) + query.Column)];
        int side = DemoTask.Marks.Size;
        Program program = AttentionView.Compile(
            contender.Network, contender.Block!, [1, side, side, 3], positions, new CompileOptions { Pool = pool });
        DemoPictures.Samples(pictures.HeldOut, contender.Network.Info).Fill(index, default, program.Inputs[0].Span, stackalloc float[1]);
        program.Run();
        ReadOnlySpan<float> logits = program.Outputs[0].Span;
        return new Reading(
            1 / (1 + Math.Exp(logits[0] - logits[1])),
            [.. queries.Select((query, i) => new Query(query.Column, query.Row, program.Outputs[1].Span
                .Slice(i * DemoTask.MapSide * DemoTask.MapSide, DemoTask.MapSide * DemoTask.MapSide).ToArray()))]);
    }

    private Picture Draw()
    {
        Reading[] readings = [.. Enumerable.Range(0, Columns).Select(i => Read(pictures, contender, i, pool))];
        double full = readings.SelectMany(reading => reading.Queries).SelectMany(query => query.Weights).Max();
        int width = Margin + (Columns * (Side + Margin));
        Canvas canvas = new(width, Margin + (3 * Side) + (7 * LineHeight) + (7 * Margin), Colour.White);
        int y = Margin;
        Say(canvas, ref y, "Do the two marks match? Held-out pictures:");
        for (int i = 0; i < Columns; i++)
        {
            canvas.Draw(pictures.HeldOut.Read(i), Left(i), y, Scale);
            int below = y + Side + (Margin / 2);
            Reading reading = readings[i];
            bool match = reading.Match >= 0.5;
            string sure = (100 * (match ? reading.Match : 1 - reading.Match)).ToString("F0", CultureInfo.InvariantCulture);
            canvas.Text(Left(i), below, $"truth: {pictures.HeldOut.ClassNames[pictures.HeldOut.Label(i)]}", Colour.Black, TextScale);
            string said = $"said: {pictures.HeldOut.ClassNames[match ? 1 : 0]} {sure}%";
            canvas.Text(Left(i), below + LineHeight, said, Colour.Black, TextScale);
        }

        y += Side + (2 * LineHeight) + (2 * Margin);
        string[] captions = ["What the framed position on a mark reads (thin: the marks):", "What a position on the ground reads:"];
        for (int row = 0; row < captions.Length; row++)
        {
            Say(canvas, ref y, captions[row]);
            for (int i = 0; i < Columns; i++)
            {
                DrawHeat(canvas, new Area(Left(i), y, Side, Side), i, readings[i].Queries[row], full);
            }

            y += Side + Margin;
        }

        DrawLegend(canvas, y, full);
        return canvas.Picture;
    }

    private static int Left(int column) => Margin + (column * (Side + Margin));

    private static void Say(Canvas canvas, ref int y, string text)
    {
        canvas.Text(Margin, y, text, Colour.Black, TextScale);
        y += LineHeight;
    }

    private void DrawHeat(Canvas canvas, Area area, int index, Query query, double full)
    {
        canvas.Draw(PictureTransform.ToGrey(pictures.HeldOut.Read(index)), area.X, area.Y, Scale);
        HeatMap.Draw(canvas, area, query.Weights, DemoTask.MapSide, full, Opacity);
        (Mark first, Mark second) = pictures.MarksOf(index);
        foreach (Mark mark in (Mark[])[first, second])
        {
            Area middle = new(area.X + (mark.X * Scale), area.Y + (mark.Y * Scale), Scale, Scale);
            canvas.Outline(middle.Grown(DemoTask.Marks.MarkSize / 2 * Scale), Colour.Grey(MarkLine));
        }

        canvas.Mark(new Area(area.X + (query.Column * CellSide), area.Y + (query.Row * CellSide), CellSide, CellSide));
    }

    private static void DrawLegend(Canvas canvas, int y, double full)
    {
        const int height = 16;
        int cells = DemoTask.MapSide * DemoTask.MapSide;
        Area bar = new(Margin, y, 2 * Side, height);
        canvas.Fill(bar, Colour.Grey(MeanGround));
        HeatMap.DrawScale(canvas, bar, Opacity);
        int even = bar.X + (int)Math.Round((bar.Width - 1) / (cells * full));
        canvas.Fill(new Area(even, bar.Y - 4, 2, height + 8), Colour.Black);
        canvas.Text(bar.Right + Margin, y, $"weight: 0 to {Figures.Fixed(full, 3)}", Colour.Black, TextScale);
        y += height + Margin;
        Say(canvas, ref y, $"Line at 1/{cells}: what each has when all are read alike.");
        Say(canvas, ref y, "The weights of a map add up to 1.");
    }

    // The cell on the first mark, and the one farthest from both marks.
    private static (int Column, int Row)[] Queries((Mark First, Mark Second) marks)
    {
        int step = DemoTask.Marks.Size / DemoTask.MapSide;
        (int Column, int Row) ground = Enumerable.Range(0, DemoTask.MapSide * DemoTask.MapSide)
            .Select(cell => (Column: cell % DemoTask.MapSide, Row: cell / DemoTask.MapSide))
            .MaxBy(cell => Math.Min(Distance(marks.First, cell), Distance(marks.Second, cell)));
        return [(marks.First.X / step, marks.First.Y / step), ground];

        int Distance(Mark mark, (int Column, int Row) cell)
        {
            (int x, int y) = (mark.X - (cell.Column * step), mark.Y - (cell.Row * step));
            return (x * x) + (y * y);
        }
    }

    /// <summary>What the network says about a picture, and what its block reads there.</summary>
    /// <param name="Match">The probability of "match".</param>
    /// <param name="Queries">From a mark, from the ground.</param>
    internal sealed record Reading(double Match, Query[] Queries);

    /// <summary>A position of the block's map and the weights with which it reads all of them.</summary>
    /// <param name="Column">Its column.</param>
    /// <param name="Row">Its row.</param>
    /// <param name="Weights">[rows, columns] of the map; their sum is 1.</param>
    internal sealed record Query(int Column, int Row, float[] Weights);
}
