using NonLocal.Layers;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// What softmax attention over all positions with three 1×1 convolutions has in common: softmax_row(f(x) g(x)ᵀ) h(x), without scale. Blocks
/// differ in widths, names, and what they do with the result.
/// </summary>
public abstract class QueryKeyValueLayer : Layer
{
    private readonly int channels;
    private readonly Route route;
    private readonly Conv query;
    private readonly Conv key;
    private readonly Conv value;

    /// <summary>The three convolutions under their published names, with PyTorch's default first weights.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No channels.</exception>
    private protected QueryKeyValueLayer(int channels, int keyChannels, (string Query, string Key, string Value) names, Route route)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        this.channels = channels;
        this.route = route;
        query = Register(names.Query, new Conv(channels, keyChannels, [1, 1]));
        key = Register(names.Key, new Conv(channels, keyChannels, [1, 1]));
        value = Register(names.Value, new Conv(channels, channels, [1, 1]));
    }

    /// <inheritdoc/>
    public override bool IsAttention => true;

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

    /// <summary>softmax_row(f(x) g(x)ᵀ) h(x), [batch, N, channels].</summary>
    private protected Value Attended(Value x)
    {
        Positions.Check(x, channels, "self-attention");
        return PairwiseRules.Softmax(Embed(query, x), Embed(key, x), Embed(value, x), 1, null, route);
    }

    private static Value Embed(Conv convolution, Value x) => Positions.Flatten(Positions.Through(convolution, x, 2));
}
