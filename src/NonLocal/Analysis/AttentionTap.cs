using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Analysis;

/// <summary>What the weights of an attention block are given to.</summary>
public enum AttentionTarget
{
    /// <summary>Positions of the block's map, or of a coarser one made from it: for every position a picture of weights.</summary>
    Positions,

    /// <summary>A few bases, among which every position is shared.</summary>
    Bases,

    /// <summary>The cells of a pyramid of averages, which cover the map several times.</summary>
    Cells,

    /// <summary>Channels, which every channel weighs.</summary>
    Channels,

    /// <summary>Channels, each of which one gate from 0 to 1 multiplies at all positions.</summary>
    Gates,

    /// <summary>Something else: the block has no weights of single positions or channels.</summary>
    Other,
}

/// <summary>What there is to see of an attention block, whatever kind it is of.</summary>
public sealed class AttentionTap
{
    private readonly RowsOf? rows;
    private readonly Func<Shape, Shape> grid;

    private AttentionTap(Layer block, AttentionTarget target, bool sumsToOne, RowsOf? rows, Func<Shape, Shape>? grid = null)
    {
        Block = block;
        Target = target;
        SumsToOne = sumsToOne;
        this.rows = rows;
        this.grid = grid ?? (lengths => lengths);
    }

    private delegate Value RowsOf(Value x, ReadOnlySpan<int> readers);

    /// <summary>The block.</summary>
    public Layer Block { get; }

    /// <summary>What it weighs.</summary>
    public AttentionTarget Target { get; }

    /// <summary>Whether the weights of every reader are a distribution on any map: none is negative, and they sum to 1.</summary>
    public bool SumsToOne { get; }

    /// <summary>Whether positions are what reads, so that their weights can be compared with each other.</summary>
    public bool IsReadByPositions => Target is AttentionTarget.Positions or AttentionTarget.Bases or AttentionTarget.Cells;

    /// <summary>What there is to see of a block.</summary>
    public static AttentionTap Of(Layer block) => block switch
    {
        NonLocalBlock nonLocal => new(
            nonLocal,
            AttentionTarget.Positions,
            nonLocal.Options.Pairwise is Pairwise.Gaussian or Pairwise.EmbeddedGaussian,
            nonLocal.AttentionRows,
            lengths => nonLocal.Options.Subsampling == Subsampling.None ? lengths : Halved(lengths)),
        QueryKeyValueLayer attention => new(attention, AttentionTarget.Positions, true, attention.AttentionRows),
        SimplifiedNonLocalBlock simplified => new(simplified, AttentionTarget.Positions, true, simplified.AttentionRows),
        GlobalContextBlock context => new(context, AttentionTarget.Positions, true, context.AttentionRows),
        CrissCrossAttention cross => new(cross, AttentionTarget.Positions, true, cross.AttentionRows),
        DoubleAttentionBlock twice => new(
            twice, AttentionTarget.Positions, twice.Options.Distribution == DistributionAxis.Descriptors, twice.AttentionRows),
        SpectralNonLocalBlock spectral => new(
            spectral,
            AttentionTarget.Positions,
            spectral.Options.Kind is not (SpectralKind.Spectral or SpectralKind.DoubleAttention),
            spectral.AttentionRows),
        LightNonLocalBlock light => new(
            light, AttentionTarget.Positions, false, light.AttentionRows, lengths => Strided(lengths, light.Options.Stride)),

        // Near the border of a map that the partition does not divide, a part of the weights goes outside.
        InterlacedAttention interlaced => new(interlaced, AttentionTarget.Positions, false, interlaced.AttentionRows),
        EmAttention expectation => new(expectation, AttentionTarget.Bases, true, expectation.AttentionRows),
        AsymmetricPyramid pyramid => new(pyramid, AttentionTarget.Cells, true, pyramid.AttentionRows),
        ChannelAttention channels => new(channels, AttentionTarget.Channels, true, channels.AttentionRows),
        SqueezeExcitationBlock squeeze => new(
            squeeze, AttentionTarget.Gates, false, (x, readers) => Positions.Rows(squeeze.Gates(x), readers)),
        _ => new(block, AttentionTarget.Other, false, null),
    };

    /// <summary>
    /// The attention blocks of a network in its order. Of a block inside another one only the outer is taken, unless there is nothing to
    /// see of that.
    /// </summary>
    /// <param name="network">Any layer; it may be a block itself.</param>
    public static IReadOnlyList<AttentionTap> All(Module network)
    {
        ArgumentNullException.ThrowIfNull(network);
        AttentionTap? own = network is Layer { IsAttention: true } block ? Of(block) : null;
        if (own is { rows: not null })
        {
            return [own];
        }

        AttentionTap[] below = [.. network.Children.SelectMany(child => All(child.Module)).DistinctBy(tap => tap.Block)];
        return below.Length == 0 && own is not null ? [own] : below;
    }

    /// <summary>The weights of chosen readers: [batch, readers, what is read]. Only these rows are computed, where the block can.</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="readers">Positions, row-major over the spatial axes, or channels.</param>
    /// <exception cref="ArgumentOutOfRangeException">A reader that does not exist.</exception>
    /// <exception cref="NotSupportedException">The block has no such weights.</exception>
    public Value Rows(Value x, ReadOnlySpan<int> readers) =>
        rows?.Invoke(x, readers) ?? throw new NotSupportedException($"{Block} has no weights of single positions or channels.");

    /// <summary>How many readers there are on a map: positions, or channels; one where all positions share its weights as gates.</summary>
    /// <param name="map">The block's input, [batch, positions…, channels].</param>
    public int Readers(Shape map) => Target switch
    {
        AttentionTarget.Channels => map.Last,
        AttentionTarget.Gates => 1,
        _ => checked((int)map[1..^1].Count),
    };

    /// <summary>The spatial axes of what is read, where positions are: those of the map, or shorter ones where keys are pooled.</summary>
    /// <param name="map">The block's input, [batch, positions…, channels].</param>
    public Shape Grid(Shape map) => grid(map[1..^1]);

    // By two along height and width; time stays. An odd last row or column is dropped.
    private static Shape Halved(Shape lengths) =>
        [.. Enumerable.Range(0, lengths.Rank).Select(axis => lengths.Rank == 3 && axis == 0 ? lengths[axis] : lengths[axis] / 2)];

    private static Shape Strided(Shape lengths, int stride) =>
        [.. Enumerable.Range(0, lengths.Rank).Select(axis => (lengths[axis] + stride - 1) / stride)];
}
