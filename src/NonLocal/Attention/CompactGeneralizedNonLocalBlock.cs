using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// Everything that compact generalized non-local blocks differ in. The defaults are the released block with an identity start.
/// </summary>
public sealed record CompactGeneralizedOptions
{
    /// <summary>C′, the width of t, p and g. Default (null): half the channels, at least 1.</summary>
    public int? InnerChannels { get; init; }

    /// <summary>
    /// Groups of channels that do not read each other, also those of the norm. Default (null): the largest number up to the released 8 that
    /// divides both widths.
    /// </summary>
    public int? Groups { get; init; }

    /// <summary>
    /// Null: the linear kernel t_i p_j (CGNL). A number K: e^(−2γ) Σ_k≤K (2γ t_i p_j)^k / k!, the first terms of a Gaussian kernel, γ =
    /// 1e-4 (CGNLx; 2 in the code of SNL). Default: null.
    /// </summary>
    public int? TaylorOrder { get; init; }

    /// <summary>Whether a fresh block returns its input: the norm's scale starts at 0. Default: yes.</summary>
    public bool ZeroInitialised { get; init; } = true;

    /// <summary>How many unit axes the 1×1 kernels have in published files: 1, 2 or 3. It decides nothing else. Default: 2.</summary>
    public int Dimensions { get; init; } = 2;

    /// <summary>How the rule is computed. Default: the cheapest exact way.</summary>
    public Route Route { get; init; } = Route.Automatic;
}

/// <summary>
/// Compact generalized non-local block: x + gn(z(y)) where every pair of position and channel reads every other of its group of channels,
/// vec(y) = vec(t) (vec(p)ᵀ vec(g)).
/// </summary>
/// <remarks>
/// Yue, Sun, Yuan, Zhou, Ding, Xu: Compact Generalized Non-local Network, arXiv 1810.13125; names <c>t, p, g, z, gn</c> of
/// KaiyuYue/cgnl-network.pytorch, where nothing divides the sum. The matrix of all pairs of pairs has rank 1 (K + 1 with a Taylor
/// kernel): one number for each group and term, O(N C′).
/// </remarks>
public sealed class CompactGeneralizedNonLocalBlock : Layer
{
    private const double Gamma = 1e-4;
    private const int MostGroups = 8;
    private const int MostLiteralNodes = 1 << 14;

    private readonly CompactGeneralizedOptions options;
    private readonly int channels;
    private readonly int width;
    private readonly int groups;
    private readonly Conv query;
    private readonly Conv key;
    private readonly Conv value;
    private readonly Conv output;
    private readonly GroupNorm norm;

    /// <summary>A block.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything else; null: the released block.</param>
    /// <exception cref="ArgumentOutOfRangeException">Sizes out of range.</exception>
    /// <exception cref="ShapeException">Groups that do not divide both widths.</exception>
    public CompactGeneralizedNonLocalBlock(int channels, CompactGeneralizedOptions? options = null)
    {
        this.options = options ??= new CompactGeneralizedOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.InnerChannels ?? 1, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Groups ?? 1, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.TaylorOrder ?? 0, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Dimensions, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Dimensions, 3, nameof(options));
        this.channels = channels;
        int inner = options.InnerChannels ?? Math.Max(channels / 2, 1);
        groups = options.Groups ?? Enumerable.Range(1, MostGroups).Last(number => channels % number == 0 && inner % number == 0);
        query = Register("t", Convolution(channels, inner, 1));
        key = Register("p", Convolution(channels, inner, 1));
        value = Register("g", Convolution(channels, inner, 1));
        output = Register("z", Convolution(inner, channels, groups));
        Initializer scale = options.ZeroInitialised ? Initializers.Zeros : Initializers.Ones;
        norm = Register("gn", new GroupNorm(groups, channels, initializer: scale));
        width = inner / groups;
    }

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>
    /// The weights with which chosen nodes of a group read its nodes: [batch, nodes, N·C′/groups]. A node is a position and a channel of
    /// the group, channels fastest.
    /// </summary>
    /// <param name="x">The block's input.</param>
    /// <param name="group">Number of the group, from 0.</param>
    /// <param name="nodes">Nodes.</param>
    /// <exception cref="ArgumentOutOfRangeException">A group or node that does not exist.</exception>
    public Value AttentionRows(Value x, int group, params ReadOnlySpan<int> nodes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(group);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(group, groups);
        using Graph.LayerScope scope = Enter(x.Graph);
        return Map(Positions.Rows(Nodes(Embed(query, x), group), nodes), Nodes(Embed(key, x), group));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Positions.Check(x, channels, "compact generalized non-local block");
        (Value t, Value p, Value g) = (Embed(query, x), Embed(key, x), Embed(value, x));
        Value y = options.Route == Route.Literal ? Literal(t, p, g) : Factored(t, p, g);
        y = Positions.Through(output, y.Reshape([x.Shape[0], t.Shape[1], groups * width]), options.Dimensions);
        return (norm.Forward(y) + Positions.Spread(x, options.Dimensions)).Reshape(x.Shape);
    }

    // Σ_k α_k t^k ⟨p^k, g⟩, a number ⟨ ⟩ for each sample and group.
    private Value Factored(Value t, Value p, Value g)
    {
        Value? sum = null;
        foreach ((double weight, int power) in Kernel())
        {
            Value part = Power(t, power) * ((Power(p, power) * g).Sum(1, 3) * weight);
            sum = sum is null ? part : sum + part;
        }

        return sum!;
    }

    // The matrix of all pairs of nodes, group by group.
    private Value Literal(Value t, Value p, Value g)
    {
        long nodes = (long)t.Shape[1] * width;
        if (nodes > MostLiteralNodes)
        {
            throw new ShapeException(
                t.Graph.Layer,
                "compact generalized non-local block",
                $"has {nodes} pairs of position and channel in a group; the literal route is for at most {MostLiteralNodes}.");
        }

        Value[] parts = [.. Enumerable.Range(0, groups).Select(group =>
            Map(Nodes(t, group), Nodes(p, group)).MatMul(Nodes(g, group)).Reshape([t.Shape[0], t.Shape[1], 1, width]))];
        return parts.Concat(2);
    }

    private Value Map(Value query, Value key)
    {
        Value products = query.MatMul(key, transposeRight: true);
        return Kernel().Select(term => Power(products, term.Power) * term.Weight).Aggregate((a, b) => a + b);
    }

    // α_k and k of the kernel Σ_k α_k (t_i p_j)^k.
    private IEnumerable<(double Weight, int Power)> Kernel()
    {
        if (options.TaylorOrder is not { } order)
        {
            yield return (1, 1);
            yield break;
        }

        double weight = Math.Exp(-2 * Gamma);
        for (int power = 0; power <= order; power++)
        {
            yield return (weight, power);
            weight *= 2 * Gamma / (power + 1);
        }
    }

    // x⁰ is a 1 that is repeated where it meets the others.
    private static Value Power(Value x, int power) =>
        power == 0 ? x.Graph.Constant(1).BroadcastTo(x.Shape) : Enumerable.Repeat(x, power).Aggregate((a, b) => a * b);

    // [batch, N, groups, C′/groups].
    private Value Embed(Conv convolution, Value x)
    {
        Value y = Positions.Flatten(Positions.Through(convolution, x, options.Dimensions));
        return y.Reshape([y.Shape[0], y.Shape[1], groups, width]);
    }

    // One group's pairs of position and channel as nodes of one feature: [batch, N·C′/groups, 1].
    private Value Nodes(Value table, int group) =>
        table.SliceAxis(2, group, 1).Reshape([table.Shape[0], table.Shape[1] * width, 1]);

    private Conv Convolution(int from, int to, int parts)
    {
        Shape kernel = [.. Enumerable.Repeat(1, options.Dimensions)];
        return new Conv(from, to, kernel, groups: parts, bias: false, initializer: Initializers.KaimingNormalFanOut);
    }
}
