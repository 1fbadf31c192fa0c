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
public sealed class PlainSelfAttention : QueryKeyValueLayer
{
    private readonly Conv output;

    /// <summary>A block of PyTorch's default first weights.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="route">How it is computed.</param>
    /// <exception cref="ArgumentOutOfRangeException">No channels.</exception>
    public PlainSelfAttention(int channels, Route route = Route.Automatic)
        : base(channels, channels, ("f", "g", "h"), route) =>
        output = Register("o", new Conv(channels, channels, [1, 1]));

    /// <inheritdoc/>
    protected override Value Build(Value x) => Positions.Through(output, Attended(x), 2).Reshape(x.Shape);
}
