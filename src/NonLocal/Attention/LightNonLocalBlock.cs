using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>What the sums of a lightweight non-local block are divided by.</summary>
public enum LightDivisor
{
    /// <summary>The number of positions of the full map, H·W, also where the keys are strided: the paper and its TensorFlow code.</summary>
    Positions,

    /// <summary>
    /// H/W: what <c>f / H * W</c> means in meijieru/yet_another_mobilenet_series, and therefore in the weights trained there. Only for
    /// pictures.
    /// </summary>
    HeightOverWidth,
}

/// <summary>Everything that lightweight non-local blocks differ in. The defaults are the block of the TensorFlow release.</summary>
public sealed record LightNonLocalOptions
{
    /// <summary>
    /// The share of the channels, the first ones, by which positions are compared; at least one must be left. Default: 0.25.
    /// </summary>
    public double Ratio { get; init; } = 0.25;

    /// <summary>The stride at which positions are keys and values, along every axis, from the first. Default: 1.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>What the sums are divided by. Default: the number of positions.</summary>
    public LightDivisor Divisor { get; init; } = LightDivisor.Positions;

    /// <summary>Added to the norm's variance. Default: 1e-3, the release's.</summary>
    public double NormEpsilon { get; init; } = 1e-3;

    /// <summary>The new batch's share of the running statistics. Default: 0.01, the release's (0.99 in TensorFlow's terms).</summary>
    public double NormMomentum { get; init; } = 0.01;

    /// <summary>Whether a fresh block returns its input: the norm's scale starts at 0. Default: yes, as in both implementations.</summary>
    public bool ZeroInitialised { get; init; } = true;

    /// <summary>How many spatial axes maps have: 1, 2 or 3, and as many the 3×3 kernel. Default: 2.</summary>
    public int Dimensions { get; init; } = 2;

    /// <summary>How the rule is computed. Default: the cheapest exact way.</summary>
    public Route Route { get; init; } = Route.Automatic;

    /// <summary>The block of meijieru/yet_another_mobilenet_series, which differs by its divisor.</summary>
    public static LightNonLocalOptions MobilenetSeries { get; } = new() { Divisor = LightDivisor.HeightOverWidth };
}

/// <summary>
/// Lightweight non-local block: x + bn(depthwise(θ (φᵀ g) / (H·W))) where θ is the first channels of x, g is x at a stride, and φ the first
/// channels of g. Nothing is embedded.
/// </summary>
/// <remarks>
/// Li, Jin, Mei, Lian, Yang, Xie, Yu, Zhou, Bai, Yuille: Neural Architecture Search for Lightweight Non-Local Networks, arXiv 2004.01961;
/// LiYingwei/AutoNL (TensorFlow); names <c>depthwise_conv, bn</c> of meijieru/yet_another_mobilenet_series. Its place is after the norm
/// of an inverted residual block's last convolution, before the shortcut is added.
/// </remarks>
public sealed class LightNonLocalBlock : Layer
{
    private readonly LightNonLocalOptions options;
    private readonly int channels;
    private readonly int compared;
    private readonly Conv depthwise;
    private readonly BatchNorm norm;

    /// <summary>A block.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything else; null: the release's.</param>
    /// <exception cref="ArgumentOutOfRangeException">Sizes out of range.</exception>
    /// <exception cref="ArgumentException">A share that leaves no channel, or H/W without height and width.</exception>
    public LightNonLocalBlock(int channels, LightNonLocalOptions? options = null)
    {
        this.options = options ??= new LightNonLocalOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Stride, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Dimensions, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Dimensions, 3, nameof(options));
        this.channels = channels;
        compared = options.Ratio is > 0 and <= 1 ? (int)(options.Ratio * channels) : 0;
        if (compared == 0)
        {
            throw new ArgumentException(
                $"a share of {options.Ratio} leaves none of {channels} channels to compare by; it is above 0, at most 1.");
        }

        if (options.Divisor == LightDivisor.HeightOverWidth && options.Dimensions != 2)
        {
            throw new ArgumentException($"a map of {options.Dimensions} spatial axes has no H/W; the divisor is for pictures.");
        }

        Shape kernel = [.. Enumerable.Repeat(3, options.Dimensions)];
        Shape padding = [.. Enumerable.Repeat(1, options.Dimensions)];
        depthwise = Register("depthwise_conv", new Conv(
            channels, channels, kernel, padding: padding, groups: channels, bias: false, initializer: Initializers.KaimingNormalFanIn));
        norm = Register("bn", new BatchNorm(
            channels,
            options.NormEpsilon,
            options.NormMomentum,
            initializer: options.ZeroInitialised ? Initializers.Zeros : Initializers.Ones));
    }

    /// <summary>What the block was made with.</summary>
    public LightNonLocalOptions Options => options;

    /// <inheritdoc/>
    public override bool IsAttention => true;

    /// <summary>The weights with which chosen positions (row-major) read all keys: [batch, queries, M].</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="queries">Positions.</param>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public Value AttentionRows(Value x, params ReadOnlySpan<int> queries)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        Reading reading = Read(x);
        return PairwiseRules.LinearMap(Positions.Rows(reading.Query, queries), reading.Key, reading.Scale);
    }

    /// <summary>All rows of <see cref="AttentionRows"/>: [batch, N, M]. As large as it looks.</summary>
    public Value AttentionMap(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        Reading reading = Read(x);
        return PairwiseRules.LinearMap(reading.Query, reading.Key, reading.Scale);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Reading reading = Read(x);
        Value y = PairwiseRules.Linear(reading.Query, reading.Key, reading.Value, reading.Scale, options.Route);
        return norm.Forward(depthwise.Forward(y.Reshape(x.Shape))) + x;
    }

    private Reading Read(Value x)
    {
        if (x.Shape.Rank != options.Dimensions + 2 || x.Shape.Last != channels)
        {
            throw new ShapeException(
                x.Graph.Layer,
                "lightweight non-local block",
                $"expects a map of {options.Dimensions} spatial axes and {channels} channels, got {x.Shape}.");
        }

        Value source = Positions.Flatten(Strided(x));
        double scale = options.Divisor == LightDivisor.HeightOverWidth ? (double)x.Shape[2] / x.Shape[1] : 1.0 / x.Shape[1..^1].Count;
        return new Reading(Compared(Positions.Flatten(x)), Compared(source), source, scale);
    }

    // A window of one position only steps.
    private Value Strided(Value x)
    {
        Shape one = [.. Enumerable.Repeat(1, options.Dimensions)];
        Shape steps = [.. Enumerable.Repeat(options.Stride, options.Dimensions)];
        return options.Stride == 1 ? x : x.AveragePool(ConvolutionGeometry.Create(one, steps));
    }

    private Value Compared(Value table) => table.SliceAxis(-1, 0, compared);

    private readonly record struct Reading(Value Query, Value Key, Value Value, double Scale);
}
