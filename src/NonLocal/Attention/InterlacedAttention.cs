using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>What interlaced sparse self-attention differs in.</summary>
public sealed record InterlacedOptions
{
    /// <summary>The size of a block along each spatial axis; one number serves all. Default: 8.</summary>
    public Shape Partition { get; init; } = [8];

    /// <summary>d, the width of queries and keys. Default (null): half the channels, at least 1.</summary>
    public int? KeyChannels { get; init; }

    /// <summary>The width of values. Default (null): as many as go out.</summary>
    public int? ValueChannels { get; init; }

    /// <summary>Channels that go out. Default (null): as many as come in.</summary>
    public int? OutputChannels { get; init; }

    /// <summary>How it is computed. Default: the cheapest exact way.</summary>
    public Route Route { get; init; } = Route.Automatic;
}

/// <summary>
/// Interlaced sparse self-attention: first among positions that have the same place in their blocks (long range), then among the
/// positions of each block (short range). Together every position reaches every other.
/// </summary>
/// <remarks>
/// Huang et al.: Interlaced Sparse Self-Attention for Semantic Segmentation, arXiv 1907.12273; openseg-group/openseg.pytorch's ISA_Block.
/// Names <c>long_range_sa, short_range_sa</c>. A map that the blocks do not fill is padded with zeros on both sides; these take part in
/// the attention and in the norms' statistics, and are cut off at the end. The cost is N (blocks + places in a block).
/// </remarks>
public sealed class InterlacedAttention : Layer
{
    private readonly InterlacedOptions options;
    private readonly int channels;
    private readonly GroupAttention far;
    private readonly GroupAttention near;

    /// <summary>A block.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything else; null: the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number below 1.</exception>
    public InterlacedAttention(int channels, InterlacedOptions? options = null)
    {
        this.options = options ??= new InterlacedOptions();
        this.channels = channels;
        foreach (int size in options.Partition)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(size, 1, nameof(options));
        }

        int outputs = options.OutputChannels ?? channels;
        int keys = options.KeyChannels ?? Math.Max(channels / 2, 1);
        int values = options.ValueChannels ?? outputs;
        far = Register("long_range_sa", new GroupAttention(channels, keys, values, outputs, route: options.Route));
        near = Register("short_range_sa", new GroupAttention(outputs, keys, values, outputs, route: options.Route));
    }

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>How chosen positions weigh all positions over both passes: what goes to the border is missing from a sum of 1.</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="queries">Positions, row-major over the spatial axes.</param>
    /// <returns>[batch, queries, N].</returns>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public Value AttentionRows(Value x, params ReadOnlySpan<int> queries)
    {
        IReadOnlyList<Value> maps = ForwardWithMaps(x).Maps;
        Interlacing order = new(x, options.Partition);
        List<Value> rows = [];
        foreach (int query in queries)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(query, nameof(queries));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(query, x.Shape[1..^1].Count, nameof(queries));
            rows.Add(order.Row(maps[0], maps[1], x.Shape, query));
        }

        return rows.Concat(1);
    }

    /// <summary>
    /// The result, and the weights of both passes: long range [batch · places in a block, blocks, blocks], short range [batch · blocks,
    /// places, places].
    /// </summary>
    /// <param name="x">The block's input.</param>
    public (Value Result, IReadOnlyList<Value> Maps) ForwardWithMaps(Value x)
    {
        List<Value> maps = [];
        return (Forward(x, maps), maps);
    }

    /// <summary>Connects the layer, and adds its weights to a list if there is one.</summary>
    internal Value Forward(Value x, List<Value>? maps)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Connect(x, maps);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Connect(x, null);

    private Value Connect(Value x, List<Value>? maps)
    {
        Positions.Check(x, channels, "interlaced attention");
        return new Interlacing(x, options.Partition).Apply(x, far, near, maps);
    }
}

/// <summary>
/// Interlaced sparse self-attention with what is around it: some partitions side by side, and a 1×1 convolution with norm and ReLU over
/// the input and what they found. openseg-group/openseg.pytorch's ISA_Module.
/// </summary>
/// <remarks>
/// Names <c>stages.0…, conv_bn.0, conv_bn.1.0</c>, and with several partitions <c>up_conv.0, up_conv.1.0</c>, which brings the input to as
/// many channels as the partitions have together. See <see cref="InterlacedAttention"/>.
/// </remarks>
public sealed class InterlacedModule : Layer
{
    private readonly int channels;
    private readonly int width;
    private readonly Sequential? widening;
    private readonly Sequential fusion;
    private readonly ModuleList<InterlacedAttention> stages;

    /// <summary>A module.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything but the partitions, and the partition where there is one; null: the defaults.</param>
    /// <param name="partitions">Several partitions side by side; none: that of the options.</param>
    /// <param name="dropout">The probability that training loses a channel of the result.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public InterlacedModule(
        int channels, InterlacedOptions? options = null, IReadOnlyList<Shape>? partitions = null, double dropout = 0)
    {
        options ??= new InterlacedOptions();
        this.channels = channels;
        int outputs = options.OutputChannels ?? channels;
        stages = Register("stages", new ModuleList<InterlacedAttention>((partitions ?? [options.Partition])
            .Select(partition => new InterlacedAttention(channels, options with { Partition = partition }))));
        width = stages.Items.Count == 1 ? channels : stages.Items.Count * outputs;
        widening = stages.Items.Count == 1 ? null : Register("up_conv", new Sequential(Convolution(channels, width), NormAndRelu(width)));
        fusion = Register("conv_bn", new Sequential(
            Convolution(width + (stages.Items.Count * outputs), outputs), NormAndRelu(outputs), new Dropout(dropout, wholeChannels: true)));
    }

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>The result, and the weights of all passes: long and short range of the first partition, then of the next.</summary>
    /// <param name="x">The module's input.</param>
    public (Value Result, IReadOnlyList<Value> Maps) ForwardWithMaps(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        List<Value> maps = [];
        return (Connect(x, maps), maps);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Connect(x, null);

    private Value Connect(Value x, List<Value>? maps)
    {
        Positions.Check(x, channels, "interlaced module");
        Value[] found;
        using (stages.Scope(x.Graph))
        {
            found = [.. stages.Items.Select(stage => stage.Forward(x, maps))];
        }

        Value input = widening is null ? x : Positions.Through(widening, x, 2).Reshape(x.Shape.With(^1, width));
        Value joined = ((Value[])[input, .. found]).Concat(-1);
        return Positions.Through(fusion, joined, 2).Reshape(found[0].Shape);
    }

    private static Conv Convolution(int inputs, int outputs) => new(inputs, outputs, [1, 1], bias: false);

    private static Sequential NormAndRelu(int channels) => new(new BatchNorm(channels), Functions.Relu());
}
