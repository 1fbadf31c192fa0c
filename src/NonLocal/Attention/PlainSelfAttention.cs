using NonLocal.Layers;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// Self-attention without residual, gamma, scale or reduction: o(softmax_row(f(x) g(x)ᵀ) h(x)), all four of C channels; names
/// <c>f, g, h, o</c>.
/// </summary>
/// <remarks>
/// For completeness. Put into a pretrained network it replaces the features at once, and unscaled scores over C channels
/// saturate the softmax; <see cref="SelfAttention"/> and <see cref="NonLocalBlock"/> do neither.
/// </remarks>
public sealed class PlainSelfAttention : Layer
{
    private readonly int channels;
    private readonly Route route;
    private readonly Conv query;
    private readonly Conv key;
    private readonly Conv value;
    private readonly Conv output;

    /// <summary>A block of PyTorch's default first weights.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="route">How it is computed.</param>
    /// <exception cref="ArgumentOutOfRangeException">No channels.</exception>
    public PlainSelfAttention(int channels, Route route = Route.Automatic)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        this.channels = channels;
        this.route = route;
        query = Register("f", new Conv(channels, channels, [1, 1]));
        key = Register("g", new Conv(channels, channels, [1, 1]));
        value = Register("h", new Conv(channels, channels, [1, 1]));
        output = Register("o", new Conv(channels, channels, [1, 1]));
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
        return Positions.Through(output, y, 2).Reshape(x.Shape);
    }

    private static Value Embed(Conv convolution, Value x) => Positions.Flatten(Positions.Through(convolution, x, 2));
}
