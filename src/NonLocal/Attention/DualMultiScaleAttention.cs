using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>What the publication of dual multi-scale attention leaves open. The defaults are our reading of it.</summary>
public sealed record DualMultiScaleOptions
{
    /// <summary>G: the channels are cut into this many groups, each of two halves. Default: 4.</summary>
    public int Groups { get; init; } = 4;

    /// <summary>Queries and keys of the spatial half have its channels over this, at least 1. Default: 8, as in DANet.</summary>
    public int KeyReduction { get; init; } = 8;

    /// <summary>
    /// The means of a group pass two layers of its channels over this (at least 1) before the softmax across groups; null: they are
    /// compared as they are. Default: 16, as in EPSANet.
    /// </summary>
    public int? DescriptorReduction { get; init; } = 16;

    /// <summary>The channels are shuffled across this many parts in the end; 1: not at all. Default: 2.</summary>
    public int Shuffle { get; init; } = 2;

    /// <summary>How the attention is computed. Default: the cheapest exact way.</summary>
    public Route Route { get; init; } = Route.Automatic;
}

/// <summary>
/// Dual multi-scale attention, experimental: in each group of channels one half reads along channels and the other along positions; a
/// softmax across groups then weighs every channel's groups against each other, and the channels are shuffled.
/// </summary>
/// <remarks>
/// Sagar: DMSANet: Dual Multi Scale Attention Network, arXiv 2106.08382. Neither code nor weights were published, and the text leaves much
/// open (see docs/blocks/dual-multi-scale.md and <see cref="DualMultiScaleOptions"/>). Names <c>alpha, beta</c> (spatial and channel
/// attention, one number for each group), <c>convB.g, convC.g, convD.g, fc1, fc2</c>. alpha and beta start at 0; the weights across
/// groups do not, so a fresh block does not return its input.
/// </remarks>
public sealed class DualMultiScaleAttention : Layer
{
    private readonly DualMultiScaleOptions options;
    private readonly int channels;
    private readonly int half;
    private readonly Variable alpha;
    private readonly Variable beta;
    private readonly Sequential key;
    private readonly Sequential query;
    private readonly Sequential value;
    private readonly Conv? descriptor1;
    private readonly Conv? descriptor2;

    /// <summary>A block of PyTorch's default first weights.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything else; null: the defaults.</param>
    /// <exception cref="ArgumentException">Channels that cannot be cut into halves of groups, or into the parts of the shuffle.</exception>
    public DualMultiScaleAttention(int channels, DualMultiScaleOptions? options = null)
    {
        this.options = options ??= new DualMultiScaleOptions();
        this.channels = channels;
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Groups, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.KeyReduction, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.DescriptorReduction ?? 1, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Shuffle, 1, nameof(options));
        if (channels % (2 * options.Groups) != 0)
        {
            throw new ArgumentException(
                $"{channels} channels cannot be cut into {options.Groups} groups of two equal halves; they must divide by "
                + $"{2 * options.Groups}.");
        }

        if (channels % options.Shuffle != 0)
        {
            throw new ArgumentException($"{channels} channels cannot be shuffled across {options.Shuffle} equal parts.");
        }

        half = channels / (2 * options.Groups);
        int keyChannels = Math.Max(half / options.KeyReduction, 1);
        alpha = Parameter("alpha", [options.Groups], Initializers.Zeros);
        beta = Parameter("beta", [options.Groups], Initializers.Zeros);
        key = Register("convB", PerGroup(keyChannels));
        query = Register("convC", PerGroup(keyChannels));
        value = Register("convD", PerGroup(half));
        if (options.DescriptorReduction is { } reduction)
        {
            int width = Math.Max(2 * half / reduction, 1);
            descriptor1 = Register("fc1", new Conv(2 * half, width, [1, 1]));
            descriptor2 = Register("fc2", new Conv(width, 2 * half, [1, 1]));
        }
    }

    /// <summary>What the block was made with.</summary>
    public DualMultiScaleOptions Options => options;

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>How the positions of a group's spatial half weigh all positions: [batch, N, N]. As large as it looks.</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="group">From 0.</param>
    public Value AttentionMap(Value x, int group)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        Value table = Half(Checked(x), group, 1);
        return PairwiseRules.SoftmaxMap(Embed(query, group, table), Embed(key, group, table), 1, null);
    }

    /// <summary>Chosen rows of <see cref="AttentionMap"/>: [batch, queries, N].</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="group">From 0.</param>
    /// <param name="queries">Positions, row-major over the spatial axes.</param>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public Value AttentionRows(Value x, int group, params ReadOnlySpan<int> queries)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        Value table = Half(Checked(x), group, 1);
        Value rows = Positions.Rows(Embed(query, group, table), queries);
        return PairwiseRules.SoftmaxMap(rows, Embed(key, group, table), 1, null);
    }

    /// <summary>How the channels of a group's channel half weigh each other: [batch, C/2G, C/2G].</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="group">From 0.</param>
    public Value ChannelMap(Value x, int group)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return ChannelRules.Map(Half(Checked(x), group, 0), ChannelSimilarity.Alike, options.Route);
    }

    /// <summary>What each group weighs in each channel, [batch, G, C/G]: over the groups they sum to 1.</summary>
    /// <param name="x">The block's input.</param>
    public Value GroupWeights(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Weights(Groups(Checked(x)));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value groups = Groups(Checked(x));
        (int batch, int positions) = (groups.Shape[0], groups.Shape[1]);
        Value weights = Weights(groups).Reshape([batch, 1, channels]);
        Value y = groups * weights;
        if (options.Shuffle > 1)
        {
            y = y.Reshape([batch, positions, options.Shuffle, channels / options.Shuffle]).Permute(0, 1, 3, 2);
        }

        return y.Reshape(x.Shape);
    }

    private Value Checked(Value x)
    {
        Positions.Check(x, channels, "dual multi-scale attention");
        return Positions.Flatten(x);
    }

    private Sequential PerGroup(int outputs) =>
        new([.. Enumerable.Range(0, options.Groups).Select(Layer (_) => new Conv(half, outputs, [1, 1]))]);

    private Value Half(Value table, int group, int which)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(group);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(group, options.Groups);
        return table.SliceAxis(-1, ((2 * group) + which) * half, half);
    }

    private static Value Embed(Sequential convolutions, int group, Value table)
    {
        using Graph.LayerScope scope = table.Graph.Enter(convolutions.Name);
        return Positions.Flatten(Positions.Through(convolutions.Layers[group], table, 2));
    }

    // The halves of all groups after their attention, side by side: [batch, N, C].
    private Value Groups(Value table)
    {
        List<Value> parts = [];
        for (int group = 0; group < options.Groups; group++)
        {
            Value along = Half(table, group, 0);
            Value map = ChannelRules.Map(along, ChannelSimilarity.Alike, options.Route);
            parts.Add((ChannelRules.Read(along, map) * Factor(beta, group)) + along);
            Value across = Half(table, group, 1);
            Value read = PairwiseRules.Softmax(
                Embed(query, group, across), Embed(key, group, across), Embed(value, group, across), 1, null, options.Route);
            parts.Add((read * Factor(alpha, group)) + across);
        }

        return parts.Concat(-1);

        Value Factor(Variable numbers, int group) => table.Graph.Read(numbers).SliceAxis(0, group, 1);
    }

    // A softmax across groups of what the means of each say.
    private Value Weights(Value groups)
    {
        Value means = groups.Mean(1).Reshape([groups.Shape[0], options.Groups, 2 * half]);
        if (descriptor1 is not null)
        {
            means = Positions.Through(descriptor2!, Positions.Through(descriptor1, means, 2).Relu(), 2);
        }

        return Positions.Flatten(means).Softmax(1);
    }
}
