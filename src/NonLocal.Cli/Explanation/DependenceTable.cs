using NonLocal.Analysis;
using NonLocal.Cli.Recipes;
using NonLocal.Cli.Rendering;
using NonLocal.Models;
using NonLocal.Training;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Datasets.Clips;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Explanation;

/// <summary>How much the blocks of a network depend on who reads, over a data set, as a table.</summary>
internal static class DependenceTable
{
    private const string None = "-";

    /// <summary>Measures.</summary>
    /// <param name="network">The network.</param>
    /// <param name="data">
    /// Pictures or clips, as the network reads; some are taken at equal distances, so that sets in the order of their classes give all.
    /// </param>
    /// <param name="samples">How many of them; all where there are fewer.</param>
    /// <param name="queries">At how many positions maps are compared.</param>
    /// <param name="progress">Counts them.</param>
    /// <exception cref="UsageException">The network has no block, or uses one twice, or reads something else.</exception>
    /// <exception cref="IOException">The data is missing, or a picture cannot be read.</exception>
    public static (int Samples, IReadOnlyList<QueryDependence> Blocks) Measure(
        Classifier network, IReadOnlyList<string> data, int samples, int queries, Progress progress)
    {
        QueryDependenceMeter meter = Compile(network, queries);
        ISampleSource source = Open(network.Info, data);
        int count = Math.Min(samples, source.Count);
        float[] input = new float[source.InputShape.Count];
        float[] label = new float[1];
        for (int i = 0; i < count; i++)
        {
            source.Fill((int)((long)i * source.Count / count), default, input, label);
            meter.Add(input);
            progress.Report(i + 1, count);
        }

        progress.Clear();
        return (count, meter.Results);
    }

    /// <summary>Writes the table, or one JSON value.</summary>
    public static void Write(int samples, IReadOnlyList<QueryDependence> blocks, Terminal terminal, bool json)
    {
        if (json)
        {
            DependenceResult result = new(samples, [.. blocks.Select(DependenceRow.Of)]);
            Results.Write(terminal, result, Results.Default.DependenceResult);
            return;
        }

        Grid grid = new("block", "kind", ">positions", ">queries", ">input", ">output", ">maps", ">divergence of maps");
        foreach (QueryDependence block in blocks)
        {
            grid.Add(
                block.Block.Path,
                block.Block.GetType().Name,
                Figures.Whole(block.Positions),
                Figures.Whole(block.Queries),
                Text(block.Input),
                Text(block.Output),
                Text(block.Maps),
                Text(block.Divergence));
        }

        grid.Write(terminal);
        terminal.Output.WriteLine(
            $"Mean distances over all pairs of positions, and over {samples} samples, with standard errors: cosine distance, (1 - cos)/2, "
            + "of features, of what the block adds, and of maps (0: alike, 0.5: nothing in common); Jensen-Shannon divergence "
            + "(at most 0.693).");
    }

    private static ISampleSource Open(ModelInfo info, IReadOnlyList<string> data)
    {
        if (info.Clip is not null)
        {
            return data.Count == 1
                ? new ClipSamples(ClipData.Open(data[0], new()), ClipData.Input(info, data[0]))
                : throw new UsageException($"--data names {data.Count} sets; {info.Name} reads clips, of one set at a time.");
        }

        FittedPictures fitted = new(PictureDataRecipe.Open(data), new PictureFit(info.Width, info.Height, info.ShorterSide));
        return new PictureSamples(fitted, info.Width, info.Height, [.. info.Mean], [.. info.Deviation]);
    }

    private static QueryDependenceMeter Compile(Classifier network, int queries)
    {
        try
        {
            return new QueryDependenceMeter(network, network.Info.InputShape(1), queries);
        }
        catch (ArgumentException error) when (error is not ArgumentOutOfRangeException)
        {
            throw new UsageException($"{network.Info.Name}: {error.Message}");
        }
    }

    private static string Text(Estimate? estimate) =>
        estimate is { } found ? $"{Figures.Fixed(found.Mean, 4)} ± {Figures.Fixed(found.StandardError, 4)}" : None;
}
