using NonLocal.Analysis;
using NonLocal.Layers;
using NonLocal.Vision.Drawing;

namespace NonLocal.Cli.Explanation;

/// <summary>
/// What one block shows about a subject: the weights of the positions that were asked for, and of those that a page shows.
/// </summary>
internal sealed class BlockSight
{
    private readonly AttentionReading reading;
    private readonly int asked;

    private BlockSight(AttentionReading reading, int asked, GridSize readers)
    {
        this.reading = reading;
        this.asked = asked;
        Readers = readers;
        Map = Subject.Grid(reading.Map[1..^1]);
        Keys = Subject.Grid(reading.Tap.Grid(reading.Map));
    }

    /// <summary>The block.</summary>
    public Layer Block => reading.Tap.Block;

    /// <summary>What it weighs.</summary>
    public AttentionTarget Target => reading.Tap.Target;

    /// <summary>Whether each position's weights sum to 1.</summary>
    public bool SumsToOne => reading.Tap.SumsToOne;

    /// <summary>The positions of its map.</summary>
    public GridSize Map { get; }

    /// <summary>The positions that are read, where positions are.</summary>
    public GridSize Keys { get; }

    /// <summary>How many weights a reader has.</summary>
    public int Width => reading.Width;

    /// <summary>The grid of the readers that <see cref="All"/> has.</summary>
    public GridSize Readers { get; }

    /// <summary>The weights of all readers of the grid, [readers, what is read].</summary>
    public ReadOnlySpan<float> All => reading.Weights.AsSpan(asked * reading.Width);

    /// <summary>The positions that were asked for; none of blocks that positions do not read.</summary>
    public IEnumerable<int> Asked => reading.Readers.Take(asked);

    /// <summary>The weights of the position that was asked for first, second, ….</summary>
    public ReadOnlySpan<float> Of(int query) => reading.Row(query);

    /// <summary>Looks at blocks while a network answers.</summary>
    /// <param name="network">The network.</param>
    /// <param name="subject">What it is asked about.</param>
    /// <param name="taps">Blocks with something to see.</param>
    /// <param name="points">What is asked for.</param>
    /// <param name="mostWeights">The most weights of a block that are kept for all of its positions; rather fewer positions.</param>
    /// <exception cref="UsageException">A point that does not exist, or a block that is used twice.</exception>
    public static (float[] Logits, IReadOnlyList<BlockSight> Blocks) Look(
        Layer network, Subject subject, IReadOnlyList<AttentionTap> taps, IReadOnlyList<QueryPoint> points, int mostWeights)
    {
        Dictionary<Layer, GridSize> grids = [];
        try
        {
            (float[] logits, IReadOnlyList<AttentionReading> readings) = AttentionReading.Of(network, subject.Input, taps, (tap, map) =>
            {
                int readers = tap.Readers(map);
                if (!tap.IsReadByPositions)
                {
                    grids[tap.Block] = new GridSize(1, 1, readers);
                    return [.. Enumerable.Range(0, readers)];
                }

                GridSize positions = Subject.Grid(map[1..^1]);
                int[] wanted = [.. points.Select(point => subject.PositionOf(point, positions))];
                GridSize thin = positions.Thinned(Math.Max(1, mostWeights / KeysOf(tap, map)));
                grids[tap.Block] = thin;
                return [.. wanted, .. positions.Middles(thin)];
            });
            return (logits, [.. readings.Select(reading => new BlockSight(
                reading, reading.Tap.IsReadByPositions ? points.Count : 0, grids[reading.Tap.Block]))]);
        }
        catch (ArgumentException error) when (error is not ArgumentOutOfRangeException)
        {
            throw new UsageException(error.Message);
        }
    }

    private static int KeysOf(AttentionTap tap, Tensors.Shape map) =>
        tap.Target == AttentionTarget.Positions ? checked((int)tap.Grid(map).Count) : 1;
}
