using NonLocal.Analysis;
using NonLocal.Cli.Rendering;
using NonLocal.Cli.Verbs;
using NonLocal.Formats;
using NonLocal.Models;
using NonLocal.Vision.Drawing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Explanation;

/// <summary>Explains what a network sees on one picture or clip, into files of a folder.</summary>
/// <param name="network">The network.</param>
/// <param name="subject">What it sees.</param>
/// <param name="folder">It exists.</param>
internal sealed class Explainer(Classifier network, Subject subject, string folder)
{
    // A page's weights take a byte each, and a third more as text.
    private const int MostWeights = 1 << 22;
    private const int MostWeightsOfAll = 1 << 24;

    private readonly List<string> files = [];
    private readonly List<ExplainRow> rows = [];

    /// <summary>Draws what blocks attend to: a sheet, and a page where positions read positions.</summary>
    /// <param name="taps">The blocks, at least one.</param>
    /// <param name="points">Whose maps; at least one.</param>
    /// <exception cref="UsageException">A point that does not exist, or a block that is used twice.</exception>
    public void ExplainBlocks(IReadOnlyList<AttentionTap> taps, IReadOnlyList<QueryPoint> points)
    {
        int most = Math.Min(MostWeights, MostWeightsOfAll / taps.Count);
        (float[] logits, IReadOnlyList<BlockSight> blocks) = BlockSight.Look(network, subject, taps, points, most);
        Png.Write(Add("attention.png"), AttentionSheet.Draw(subject, Answer(logits), points, blocks));
        Logits = logits;
        AttentionPageBlock[] shown =
        [
            .. blocks.Where(block => block.Target == AttentionTarget.Positions).Select(block => new AttentionPageBlock(
                block.Block.Path, block.Block.GetType().Name, block.Map, block.Readers, block.Keys, block.All.ToArray())),
        ];
        if (shown.Length > 0)
        {
            string page = AttentionPage.Create(Path.GetFileName(subject.Name), Answer(logits), subject.Frames, shown);
            AtomicFile.Write(Add("attention.html"), stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(page)));
        }

        rows.AddRange(blocks.Where(block => block.Target == AttentionTarget.Positions).SelectMany(Rows));

        IEnumerable<ExplainRow> Rows(BlockSight block) =>
            block.Asked.Select((position, query) => Row(block, position, query, subject.Text(points[query])));
    }

    /// <summary>Draws where the network sees evidence for a class.</summary>
    /// <param name="name">A label or a number; empty: the likeliest class.</param>
    /// <exception cref="UsageException">No such class.</exception>
    public void ExplainClass(string name)
    {
        int? number = name.Length == 0 ? null : ClassOf(name);
        ClassEvidence evidence = new GradCam(network, subject.Input.Shape).Of(subject.Input.Span, number);
        Logits = evidence.Logits;
        Evidence = new ExplainClassRow(
            network.Info.Label(evidence.Class),
            evidence.Logits[evidence.Class],
            evidence.Layer,
            evidence.Grid.ToString(),
            evidence.Weights.Max());
        Png.Write(Add("grad-cam.png"), ClassSheet.Draw(subject, Answer(evidence.Logits), Evidence.Class, evidence));
    }

    /// <summary>What the network answered.</summary>
    public float[] Logits { get; private set; } = [];

    private ExplainClassRow? Evidence { get; set; }

    /// <summary>Says what was found and written.</summary>
    public void Report(Terminal terminal, bool json)
    {
        if (json)
        {
            ExplainResult result = new(
                subject.Name, PredictVerb.Best(Logits, PredictVerb.DefaultTop, network.Info), [.. rows], Evidence, [.. files]);
            Results.Write(terminal, result, Results.Default.ExplainResult);
            return;
        }

        terminal.Output.WriteLine(Answer(Logits));
        if (rows.Count > 0)
        {
            Grid grid = new("block", ">at", ">position", ">sum", ">largest weight", ">where", ">even share");
            foreach (ExplainRow row in rows)
            {
                grid.Add(
                    row.Block,
                    row.At,
                    string.Join(',', row.Position),
                    Figures.Fixed(row.Sum, 4),
                    Figures.Short(row.Largest),
                    string.Join(',', row.LargestAt),
                    Figures.Short(row.Even));
            }

            grid.Write(terminal);
        }

        foreach (string file in files)
        {
            terminal.Output.WriteLine(file);
        }
    }

    private static ExplainRow Row(BlockSight block, int position, int query, string at)
    {
        ReadOnlySpan<float> weights = block.Of(query);
        double sum = 0;
        foreach (float weight in weights)
        {
            sum += weight;
        }

        Peak peak = Peak.Of(weights, block.Keys);
        return new ExplainRow(
            block.Block.Path,
            block.Block.GetType().Name,
            at,
            Place(block.Map, block.Map.Place(position)),
            sum,
            peak.Weight,
            Place(block.Keys, (peak.Frame, peak.Row, peak.Column)),
            1.0 / block.Keys.Count);
    }

    /// <summary>Column, row and, where there are several, frame: the order of <c>--at</c>.</summary>
    public static int[] Place(GridSize grid, (int Frame, int Row, int Column) place) =>
        grid.Frames > 1 ? [place.Column, place.Row, place.Frame] : [place.Column, place.Row];

    private string Answer(float[] logits)
    {
        Guess best = PredictVerb.Best(logits, 1, network.Info)[0];
        return $"{Path.GetFileName(subject.Name)}: {best.Label}, {Figures.Fixed(100 * best.Probability, 1)} %";
    }

    private int ClassOf(string name)
    {
        string[] labels = [.. Enumerable.Range(0, network.Classes).Select(network.Info.Label)];
        int found = Array.IndexOf(labels, name);
        return found >= 0 ? found
            : int.TryParse(name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int number)
                && number < labels.Length ? number
            : throw new UsageException($"{network.Info.Name} has no class '{name}'.{NearestName.Hint(name, labels)}");
    }

    private string Add(string file)
    {
        files.Add(Path.Combine(folder, file));
        return files[^1];
    }
}
