using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>The two published shapes of self-attention with gamma.</summary>
public enum SelfAttentionForm
{
    /// <summary>With a convolution after the attention; names <c>f, g, h, o, gamma</c>.</summary>
    WithOutput,

    /// <summary>
    /// Without; names <c>query_conv, key_conv, value_conv, gamma</c>, as heykeetae/Self-Attention-GAN, DANet and CCNet have them.
    /// </summary>
    WithoutOutput,
}

/// <summary>
/// Self-attention as in SAGAN (Zhang et al., arXiv 1805.08318): gamma · o(softmax_row(f(x) g(x)ᵀ) h(x)) + x, where gamma starts at 0.
/// </summary>
/// <remarks>
/// f makes the queries (rows of the map) and g the keys, of C/reduction channels; h and o keep all C. The scores are not scaled. A fresh
/// block returns its input, and its first step moves gamma only: that is intended.
/// </remarks>
public sealed class SelfAttention : Layer
{
    private readonly int channels;
    private readonly Route route;
    private readonly Conv query;
    private readonly Conv key;
    private readonly Conv value;
    private readonly Conv? output;
    private readonly Variable gamma;

    /// <summary>A block of PyTorch's default first weights.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="reduction">Queries and keys have C/reduction channels, at least 1.</param>
    /// <param name="form">With or without a convolution after the attention.</param>
    /// <param name="route">How it is computed.</param>
    /// <exception cref="ArgumentOutOfRangeException">No channels, or a reduction below 1.</exception>
    public SelfAttention(
        int channels, int reduction = 8, SelfAttentionForm form = SelfAttentionForm.WithOutput, Route route = Route.Automatic)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(reduction, 1);
        this.channels = channels;
        this.route = route;
        int inner = Math.Max(channels / reduction, 1);
        bool withOutput = form == SelfAttentionForm.WithOutput;
        query = Register(withOutput ? "f" : "query_conv", new Conv(channels, inner, [1, 1]));
        key = Register(withOutput ? "g" : "key_conv", new Conv(channels, inner, [1, 1]));
        value = Register(withOutput ? "h" : "value_conv", new Conv(channels, channels, [1, 1]));
        output = withOutput ? Register("o", new Conv(channels, channels, [1, 1])) : null;
        gamma = Parameter("gamma", [1], Initializers.Zeros);
    }

    /// <summary>How chosen positions (row-major) weigh all positions: [batch, queries, N].</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="queries">Positions.</param>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public Value AttentionRows(Value x, params ReadOnlySpan<int> queries)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return PairwiseRules.SoftmaxMap(Positions.Rows(Embed(query, x), queries), Embed(key, x), 1, null);
    }

    /// <summary>All rows of <see cref="AttentionRows"/>: [batch, N, N]. As large as it looks.</summary>
    public Value AttentionMap(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return PairwiseRules.SoftmaxMap(Embed(query, x), Embed(key, x), 1, null);
    }

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Positions.Check(x, channels, "self-attention");
        Value y = PairwiseRules.Softmax(Embed(query, x), Embed(key, x), Embed(value, x), 1, null, route);
        y = output is null ? y : Positions.Flatten(Positions.Through(output, y, 2));
        return ((y * x.Graph.Read(gamma)) + Positions.Flatten(x)).Reshape(x.Shape);
    }

    private static Value Embed(Conv convolution, Value x) => Positions.Flatten(Positions.Through(convolution, x, 2));
}
