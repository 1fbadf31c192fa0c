using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>What the weights sum to one over when descriptors are handed out.</summary>
public enum DistributionAxis
{
    /// <summary>Over the descriptors, at every position: the paper and the later code.</summary>
    Descriptors,

    /// <summary>Over the positions, for every descriptor: earlier revisions of nguyenvo09's code.</summary>
    Positions,
}

/// <summary>
/// Everything that double attention blocks differ in. The defaults are the paper's layer with a residual and an identity start.
/// </summary>
public sealed record DoubleAttentionOptions
{
    /// <summary>m, the channels of what is gathered. Default (null): a quarter of the channels, at least 1.</summary>
    public int? InnerChannels { get; init; }

    /// <summary>n, how many descriptors are gathered. Default (null): a quarter of the channels, at least 1.</summary>
    public int? Descriptors { get; init; }

    /// <summary>Whether a convolution leads from m back to all channels. Default: yes.</summary>
    public bool Reconstruct { get; init; } = true;

    /// <summary>
    /// Whether the input is added. The paper's networks do it, the published layers leave it to the caller. Default: yes.
    /// </summary>
    public bool Residual { get; init; } = true;

    /// <summary>What the weights sum to one over when descriptors are handed out. Default: over the descriptors.</summary>
    public DistributionAxis Distribution { get; init; } = DistributionAxis.Descriptors;

    /// <summary>
    /// Whether the last convolution starts at 0, so that a fresh block with residual returns its input. Otherwise PyTorch's default.
    /// Default: yes.
    /// </summary>
    public bool ZeroInitialised { get; init; } = true;

    /// <summary>How many unit axes the 1×1 kernels have in published files: 1, 2 or 3. It decides nothing else. Default: 2.</summary>
    public int Dimensions { get; init; } = 2;

    /// <summary>How the rule is computed. Default: the cheapest exact way.</summary>
    public Route Route { get; init; } = Route.Automatic;

    /// <summary>The layer of nguyenvo09/Double-Attention-Network: no residual, PyTorch's default first weights.</summary>
    /// <param name="innerChannels">m, there c_m.</param>
    /// <param name="descriptors">n, there c_n.</param>
    /// <param name="reconstruct">With its last convolution.</param>
    public static DoubleAttentionOptions Published(int innerChannels, int descriptors, bool reconstruct = true) => new()
    {
        InnerChannels = innerChannels,
        Descriptors = descriptors,
        Reconstruct = reconstruct,
        Residual = false,
        ZeroInitialised = false,
    };
}

/// <summary>
/// Double attention: n descriptors are gathered from all positions, G = softmax_N(B)ᵀ A, and every position mixes them, Z = softmax_n(V) G;
/// then x + conv_reconstruct(Z).
/// </summary>
/// <remarks>
/// Chen, Kalantidis, Li, Yan, Feng: A²-Nets, arXiv 1810.11579. There is no official code; names <c>convA, convB, convV,
/// conv_reconstruct</c> of nguyenvo09/Double-Attention-Network, and without the last one of gjylt/DoubleAttentionNet. The implied map
/// softmax_n(V) softmax_N(B)ᵀ of all pairs has rows that sum to 1 and rank n; it is never made.
/// </remarks>
public sealed class DoubleAttentionBlock : Layer
{
    private readonly DoubleAttentionOptions options;
    private readonly int channels;
    private readonly int innerChannels;
    private readonly Conv feature;
    private readonly Conv gathering;
    private readonly Conv distribution;
    private readonly Conv? output;

    /// <summary>A block.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything else; null: the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">Sizes out of range.</exception>
    /// <exception cref="ArgumentException">A residual without reconstruction between different widths.</exception>
    public DoubleAttentionBlock(int channels, DoubleAttentionOptions? options = null)
    {
        this.options = options ??= new DoubleAttentionOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.InnerChannels ?? 1, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Descriptors ?? 1, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Dimensions, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Dimensions, 3, nameof(options));
        this.channels = channels;
        innerChannels = options.InnerChannels ?? Math.Max(channels / 4, 1);
        int descriptors = options.Descriptors ?? Math.Max(channels / 4, 1);
        if (options.Residual && !options.Reconstruct && innerChannels != channels)
        {
            throw new ArgumentException(
                $"{innerChannels} gathered channels cannot be added to {channels}: reconstruct them, or leave the residual out.");
        }

        feature = Register("convA", Convolution(channels, innerChannels, false));
        gathering = Register("convB", Convolution(channels, descriptors, false));
        distribution = Register("convV", Convolution(channels, descriptors, false));
        output = options.Reconstruct
            ? Register("conv_reconstruct", Convolution(innerChannels, channels, options.ZeroInitialised))
            : null;
    }

    /// <summary>What the block was made with.</summary>
    public DoubleAttentionOptions Options => options;

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>How every descriptor is gathered from all positions: [batch, n, N], rows that sum to 1.</summary>
    public Value GatheringMap(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Gathering(x).Transpose();
    }

    /// <summary>How every position mixes the descriptors: [batch, N, n], rows that sum to 1 in the paper's form.</summary>
    public Value DistributionMap(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Distribution(x);
    }

    /// <summary>
    /// The weights with which chosen positions (row-major) read all positions, by way of the descriptors: [batch, queries, N].
    /// </summary>
    /// <param name="x">The block's input.</param>
    /// <param name="queries">Positions.</param>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public Value AttentionRows(Value x, params ReadOnlySpan<int> queries)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Read(x).Rows(queries);
    }

    /// <summary>All rows of <see cref="AttentionRows"/>: [batch, N, N]. As large as it looks.</summary>
    public Value AttentionMap(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Read(x).Map();
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Positions.Check(x, channels, "double attention block");
        Value y = options.Route == Route.Literal ? Literal(x) : Factored(x);
        y = options.Residual ? y + Positions.Flatten(x) : y;
        return y.Reshape(x.Shape.With(^1, y.Shape.Last));
    }

    // The map of all pairs, then the convolution.
    private Value Literal(Value x)
    {
        Value y = Read(x).Literal().Apply(Embed(feature, x));
        return output is null ? y : Positions.Flatten(Positions.Through(output, y, options.Dimensions));
    }

    // The descriptors are few, so they and not the positions go through the last convolution.
    private Value Factored(Value x)
    {
        Value descriptors = Gather(x);
        return output is null
            ? Distribution(x).MatMul(descriptors)
            : Distribution(x).MatMul(descriptors.MatMul(Weight(output, x.Graph))) + x.Graph.Read(output.Bias!);
    }

    // Bᵀ (X W + b) = (Bᵀ X) W + b, because B's columns sum to 1: [batch, n, m] in the order that takes less work.
    private Value Gather(Value x)
    {
        Value weights = Gathering(x);
        Value table = Positions.Flatten(x);
        long positions = table.Shape[1];
        long descriptors = weights.Shape.Last;
        bool features = positions * innerChannels * (channels + descriptors) < descriptors * channels * (positions + innerChannels);
        return features
            ? weights.MatMul(Embed(feature, x), transposeLeft: true)
            : weights.MatMul(table, transposeLeft: true).MatMul(Weight(feature, x.Graph)) + x.Graph.Read(feature.Bias!);
    }

    private static Value Weight(Conv convolution, Graph graph)
    {
        Value weight = graph.Read(convolution.Weight);
        return weight.Reshape([weight.Shape[^2], weight.Shape.Last]);
    }

    private Affinity Read(Value x) => Affinity.Linear(Distribution(x), Gathering(x));

    // [batch, N, n].
    private Value Gathering(Value x) => Embed(gathering, x).Softmax(1);

    private Value Distribution(Value x) =>
        Embed(distribution, x).Softmax(options.Distribution == DistributionAxis.Descriptors ? 2 : 1);

    private Value Embed(Conv convolution, Value x) => Positions.Flatten(Positions.Through(convolution, x, options.Dimensions));

    private Conv Convolution(int from, int to, bool zero)
    {
        Shape kernel = [.. Enumerable.Repeat(1, options.Dimensions)];
        return zero
            ? new Conv(from, to, kernel, initializer: Initializers.Zeros, biasInitializer: Initializers.Zeros)
            : new Conv(from, to, kernel);
    }
}
