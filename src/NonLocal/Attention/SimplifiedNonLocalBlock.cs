using NonLocal.Layers;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>The two steps from the non-local block to the global context block.</summary>
public enum SimplifiedNonLocalForm
{
    /// <summary>The query is dropped: z_i = x_i + W_z Σ_j a_j W_v x_j. Names <c>conv_mask, g, W</c>.</summary>
    SharedAttention,

    /// <summary>
    /// The weights sum to 1 and the maps are linear, so W_v leaves the sum and W_z is merged into it: z_i = x_i + W_v Σ_j a_j x_j. Names
    /// <c>conv_mask, W</c>.
    /// </summary>
    Merged,
}

/// <summary>
/// The simplified non-local block of Cao et al. (GCNet, arXiv 1904.11492, section 3.2): one softmax over all positions, a =
/// softmax(w·x_j), is shared by all queries.
/// </summary>
/// <remarks>
/// The automatic route pools before W_v, O(N·C) beyond nothing; the literal route computes W_v at every position as the first form is
/// written. A fresh block returns its input. Not the spectral block of arXiv 2108.02451, which has the same initials.
/// </remarks>
public sealed class SimplifiedNonLocalBlock : Layer
{
    private readonly int channels;
    private readonly Route route;
    private readonly Conv mask;
    private readonly Conv? value;
    private readonly Conv output;

    /// <summary>A block.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="form">How far it is simplified.</param>
    /// <param name="innerChannels">C′, the width of W_v in the first form; null: half the channels, at least 1.</param>
    /// <param name="route">How it is computed.</param>
    /// <exception cref="ArgumentOutOfRangeException">No channels.</exception>
    public SimplifiedNonLocalBlock(
        int channels,
        SimplifiedNonLocalForm form = SimplifiedNonLocalForm.Merged,
        int? innerChannels = null,
        Route route = Route.Automatic)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(innerChannels ?? 1, 1);
        this.channels = channels;
        this.route = route;
        int inner = innerChannels ?? Math.Max(channels / 2, 1);
        mask = Register("conv_mask", Convolution(channels, 1, Initializers.KaimingNormalFanIn));
        value = form == SimplifiedNonLocalForm.SharedAttention
            ? Register("g", Convolution(channels, inner, Initializers.KaimingNormalFanIn))
            : null;
        output = Register("W", Convolution(value is null ? channels : inner, channels, Initializers.Zeros));
    }

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>The weights with which every query reads all positions: [batch, 1, N].</summary>
    /// <param name="x">The block's input.</param>
    public Value AttentionMap(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Weights(x).Transpose();
    }

    /// <summary>The same for chosen queries, whose rows are equal: [batch, queries, N].</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="queries">Positions, row-major over the spatial axes.</param>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public Value AttentionRows(Value x, params ReadOnlySpan<int> queries) => SharedAttention.Rows(AttentionMap(x), queries);

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value weights = Weights(x);
        Value table = Positions.Flatten(x);
        Value y = value is not null && route == Route.Literal
            ? SharedAttention.Sum(weights, Embed(value, table), route)
            : Embed(value, SharedAttention.Sum(weights, table, route));
        return (table + Embed(output, y)).Reshape(x.Shape);
    }

    private static Conv Convolution(int from, int to, Initializer weights) =>
        new(from, to, [1, 1], initializer: weights, biasInitializer: Initializers.Zeros);

    private static Value Embed(Conv? convolution, Value table) =>
        convolution is null ? table : Positions.Flatten(Positions.Through(convolution, table, 2));

    private Value Weights(Value x)
    {
        Positions.Check(x, channels, "simplified non-local block");
        return SharedAttention.Weights(Embed(mask, x));
    }
}
