using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// Channel attention, the other half of dual attention: z = gamma · X Aᵀ + X with A = softmax_row(−XᵀX), over the channels of a table
/// X of positions; gamma starts at 0.
/// </summary>
/// <remarks>
/// Fu et al., arXiv 1809.02983; CAM in junfu1115/DANet. The paper writes softmax(XᵀX); its code, and so every published weight, has
/// the opposite sign (<see cref="ChannelSimilarity"/>). The map is C×C: no N×N map exists on any route. gamma is its only parameter.
/// </remarks>
public sealed class ChannelAttention : Layer
{
    private readonly int channels;
    private readonly ChannelSimilarity similarity;
    private readonly Route route;
    private readonly Variable? gamma;
    private readonly Scale? scale;

    /// <summary>A block.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="similarity">The sign of the scores.</param>
    /// <param name="preset">Whose names it has.</param>
    /// <param name="route">
    /// Literal: max − E is written out, and gamma multiplies the result in place of the weights.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">No channels.</exception>
    public ChannelAttention(
        int channels,
        ChannelSimilarity similarity = ChannelSimilarity.Unlike,
        DualAttentionPreset preset = DualAttentionPreset.DANet,
        Route route = Route.Automatic)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        this.channels = channels;
        this.similarity = similarity;
        this.route = route;
        gamma = preset == DualAttentionPreset.DANet ? Parameter("gamma", [1], Initializers.Zeros) : null;
        scale = gamma is null ? Register("gamma", new Scale(0)) : null;
    }

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>How much every channel reads of every channel, [batch, C, C]: rows are readers and sum to 1.</summary>
    /// <param name="x">The block's input.</param>
    public Value AttentionMap(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        Positions.Check(x, channels, "channel attention");
        return ChannelRules.Map(Positions.Flatten(x), similarity, route);
    }

    /// <summary>Chosen rows of <see cref="AttentionMap"/>: [batch, rows, C].</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="readers">Channels.</param>
    /// <exception cref="ArgumentOutOfRangeException">A channel that does not exist.</exception>
    public Value AttentionRows(Value x, params ReadOnlySpan<int> readers) => Positions.Rows(AttentionMap(x), readers);

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Positions.Check(x, channels, "channel attention");
        Value table = Positions.Flatten(x);
        Value map = ChannelRules.Map(table, similarity, route);

        // gamma on the C×C weights leaves one pass over the table: the product adds its residual where it writes.
        Value y = route == Route.Literal
            ? Scaled(ChannelRules.Read(table, map))
            : ChannelRules.Read(table, Scaled(map));
        return (y + table).Reshape(x.Shape);
    }

    private Value Scaled(Value value) => scale is null ? value * value.Graph.Read(gamma!) : scale.Forward(value);
}
