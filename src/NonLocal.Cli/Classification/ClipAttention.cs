using NonLocal.Analysis;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Vision.Datasets.Clips;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Cli.Classification;

/// <summary>What one position of an attention block reads in a clip.</summary>
/// <param name="Block">The block's path in the network.</param>
/// <param name="Frames">The frames as the network sees them, before they are normalised.</param>
/// <param name="Numbers">Their numbers in the video.</param>
/// <param name="Map">Frames, rows and columns of the block's map.</param>
/// <param name="Query">The position of the map that reads.</param>
/// <param name="Keys">Frames, rows and columns of what is read.</param>
/// <param name="Weights">[keys], row-major.</param>
internal sealed record ClipAttention(
    string Block,
    IReadOnlyList<Picture> Frames,
    IReadOnlyList<int> Numbers,
    (int Frames, int Rows, int Columns) Map,
    (int Frame, int Row, int Column) Query,
    (int Frames, int Rows, int Columns) Keys,
    float[] Weights)
{
    // Weights of all positions that are looked through for the strongest.
    private const long MostWeights = 1 << 26;

    /// <summary>Runs a network once and looks at its last block that reads positions.</summary>
    /// <param name="network">Of clips.</param>
    /// <param name="views">Of which the first is looked at.</param>
    /// <param name="query">
    /// A frame, a row and a column of the network's input; null: the position that reads most from one place of another frame.
    /// </param>
    /// <exception cref="UsageException">The network has no such block, or the clip no such position.</exception>
    public static ClipAttention Look(Classifier network, ClipViews views, (int Frame, int Y, int X)? query)
    {
        AttentionTap tap = AttentionTap.All(network).LastOrDefault(each => each.Target == AttentionTarget.Positions)
            ?? throw new UsageException($"{network.Info.Name} has no attention block that reads positions; there is nothing to draw.");
        (VideoClip clip, int[] numbers) = views.Show(0)[0];
        if (query is { } point && (point.Frame >= clip.Count || point.Y >= clip.Height || point.X >= clip.Width))
        {
            throw new UsageException(
                $"--attend is {point.Frame},{point.Y},{point.X}, but the clip has frames 0 to {clip.Count - 1} of {clip.Height} rows and "
                + $"{clip.Width} columns.");
        }

        Tensor input = new(new Shape([1, .. views.InputShape.Skip(1)]));
        views.Fill(0, default, input.Span, stackalloc float[1]);
        int Scaled(int place, int from, int to) => (int)((long)place * to / from);
        (_, IReadOnlyList<AttentionReading> readings) = AttentionReading.Of(network, input, [tap], (_, map) =>
        {
            if (query is { } at)
            {
                int row = (Scaled(at.Frame, clip.Count, map[1]) * map[2]) + Scaled(at.Y, clip.Height, map[2]);
                return [(row * map[3]) + Scaled(at.X, clip.Width, map[3])];
            }

            int readers = tap.Readers(map);
            return readers * tap.Grid(map).Count <= MostWeights
                ? [.. Enumerable.Range(0, readers)]
                : throw new UsageException($"{tap.Block} has too many positions to look through; --attend names one.");
        });
        AttentionReading reading = readings[0];
        Shape grid = tap.Grid(reading.Map);
        (int Frames, int Rows, int Columns) mapSize = (reading.Map[1], reading.Map[2], reading.Map[3]);
        (int Frames, int Rows, int Columns) keys = (grid[0], grid[1], grid[2]);
        int strongest = Strongest(reading, mapSize, keys);
        int reader = reading.Readers[strongest];
        int inFrame = mapSize.Rows * mapSize.Columns;
        return new(
            tap.Block.Path,
            [.. Enumerable.Range(0, clip.Count).Select(clip.ToPicture)],
            numbers,
            mapSize,
            (reader / inFrame, reader % inFrame / mapSize.Columns, reader % mapSize.Columns),
            keys,
            reading.Row(strongest).ToArray());
    }

    // The reader with the largest weight on a place of another frame; of any where there is one frame only.
    private static int Strongest(
        AttentionReading reading, (int Frames, int Rows, int Columns) map, (int Frames, int Rows, int Columns) keys)
    {
        int best = 0;
        float largest = float.NegativeInfinity;
        int inFrame = keys.Rows * keys.Columns;
        for (int i = 0; i < reading.Readers.Count; i++)
        {
            int own = reading.Readers[i] / (map.Rows * map.Columns) * keys.Frames / map.Frames;
            ReadOnlySpan<float> row = reading.Row(i);
            for (int key = 0; key < row.Length; key++)
            {
                if (row[key] > largest && (keys.Frames == 1 || key / inFrame != own))
                {
                    (best, largest) = (i, row[key]);
                }
            }
        }

        return best;
    }
}
