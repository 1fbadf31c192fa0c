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
public sealed class SelfAttention : QueryKeyValueLayer
{
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
        : base(channels, KeyChannels(channels, reduction), Names(form), route)
    {
        output = form == SelfAttentionForm.WithOutput ? Register("o", new Conv(channels, channels, [1, 1])) : null;
        gamma = Parameter("gamma", [1], Initializers.Zeros);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = Attended(x);
        y = output is null ? y : Positions.Flatten(Positions.Through(output, y, 2));
        return ((y * x.Graph.Read(gamma)) + Positions.Flatten(x)).Reshape(x.Shape);
    }

    private static int KeyChannels(int channels, int reduction)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(reduction, 1);
        return Math.Max(channels / reduction, 1);
    }

    private static (string Query, string Key, string Value) Names(SelfAttentionForm form) =>
        form == SelfAttentionForm.WithOutput ? ("f", "g", "h") : ("query_conv", "key_conv", "value_conv");
}
