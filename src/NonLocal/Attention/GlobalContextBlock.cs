using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// The global context block: z_i = x_i + W₂·relu(LN(W₁·Σ_j a_j x_j)), where a is one softmax over all positions, the same for every
/// query; or the mean in its place, or a gate that multiplies.
/// </summary>
/// <remarks>
/// Cao, Xu, Lin, Wei, Hu: GCNet: Non-local Networks Meet Squeeze-Excitation Networks and Beyond, arXiv 1904.11492; published as
/// ContextBlock in xvjiarui/GCNet and in mmcv. The layer norm is over the P channels of a sample. The bias of the scores changes nothing (a
/// softmax does not see it) and is there for published files. Linear in the number of positions.
/// </remarks>
public sealed class GlobalContextBlock : Layer
{
    private readonly GlobalContextOptions options;
    private readonly int channels;
    private readonly Conv? mask;
    private readonly Layer[]? add;
    private readonly Layer[]? scale;

    /// <summary>A block.</summary>
    /// <param name="channels">C, the channels of the map.</param>
    /// <param name="options">Everything else; null: GCNet's defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">No channels, or kernels of other than 1 to 3 axes.</exception>
    /// <exception cref="ArgumentException">A ratio that leaves no channels, no fusion, or two where the names serve one.</exception>
    public GlobalContextBlock(int channels, GlobalContextOptions? options = null)
    {
        this.options = options ??= new GlobalContextOptions();
        this.channels = channels;
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Dimensions, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Dimensions, 3, nameof(options));
        Width = WidthOf(channels, options);
        if (options.Fusion is not (ContextFusion.Add or ContextFusion.Scale or ContextFusion.ScaleThenAdd))
        {
            throw new ArgumentException($"a global context block adds, scales or both; the fusion is {options.Fusion}.");
        }

        GlobalContextPreset preset = options.Preset;
        if (preset == GlobalContextPreset.Seed001 && options.Fusion == ContextFusion.ScaleThenAdd)
        {
            throw new ArgumentException("the names of seed 001 serve one fusion, not both.");
        }

        if (options.Pooling == ContextPooling.Attention)
        {
            mask = Register(
                preset switch
                {
                    GlobalContextPreset.Seed001 => "Wk",
                    GlobalContextPreset.Timm => "conv_attn",
                    _ => "conv_mask",
                },
                new Conv(channels, 1, Kernel, initializer: Initializers.KaimingNormalFanIn, biasInitializer: Initializers.Zeros));
        }

        add = options.Fusion.HasFlag(ContextFusion.Add) ? Transform("channel_add_conv", "mlp_add") : null;
        scale = options.Fusion.HasFlag(ContextFusion.Scale) ? Transform("channel_mul_conv", "mlp_scale") : null;
    }

    /// <summary>What the block was made with.</summary>
    public GlobalContextOptions Options => options;

    /// <summary>P, the width of the transform.</summary>
    public int Width { get; }

    /// <inheritdoc/>
    public override bool IsAttention => true;

    // [1…] and, with P, the shape of the published layer norm.
    private Shape Kernel => [.. Enumerable.Repeat(1, options.Dimensions)];

    /// <summary>The weights with which every query reads all positions: [batch, 1, N]; 1/N each where the mean is taken.</summary>
    /// <param name="x">The block's input.</param>
    public Value AttentionMap(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        Positions.Check(x, channels, "global context block");
        Value table = Positions.Flatten(x);
        return mask is null
            ? x.Graph.Constant(1.0 / table.Shape[1]).BroadcastTo([table.Shape[0], 1, table.Shape[1]])
            : Weights(x).Transpose();
    }

    /// <summary>The same for chosen queries, whose rows are equal: [batch, queries, N].</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="queries">Positions, row-major over the spatial axes.</param>
    /// <exception cref="ArgumentOutOfRangeException">A position that does not exist.</exception>
    public Value AttentionRows(Value x, params ReadOnlySpan<int> queries) => SharedAttention.Rows(AttentionMap(x), queries);

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Positions.Check(x, channels, "global context block");
        Value table = Positions.Flatten(x);
        Value context = mask is null ? table.Mean(1) : SharedAttention.Sum(Weights(x), table, options.Route);
        context = Positions.Spread(context, options.Dimensions);
        Value z = table;
        if (scale is not null)
        {
            Value factor = Transformed(scale, context);
            z *= options.Gate ? factor.Sigmoid() : factor;
        }

        z = add is null ? z : z + Transformed(add, context);
        return z.Reshape(x.Shape);
    }

    private static int WidthOf(int channels, GlobalContextOptions options)
    {
        int width = options.Width ?? (int)(channels * options.Ratio);
        return width >= 1
            ? width
            : throw new ArgumentException(
                options.Width is null
                    ? $"a ratio of {options.Ratio} leaves no channel of {channels} for the transform; it needs at least 1/{channels}."
                    : $"the transform needs at least 1 channel, not {width}.");
    }

    private Value Weights(Value x) => SharedAttention.Weights(Positions.Flatten(Positions.Through(mask!, x, options.Dimensions)));

    private static Value Transformed(Layer[] layers, Value context)
    {
        foreach (Layer layer in layers)
        {
            context = layer.Forward(context);
        }

        return Positions.Flatten(context);
    }

    private Layer[] Transform(string name, string timmName)
    {
        Conv first = new(channels, Width, Kernel);
        LayerNorm norm = new(options.Preset == GlobalContextPreset.Timm ? [Width] : Kernel.Append(Width), options.NormEpsilon);
        Initializer? zero = options.ZeroInitialised ? Initializers.Zeros : null;
        Conv last = new(Width, channels, Kernel, initializer: zero, biasInitializer: zero);
        return options.Preset switch
        {
            GlobalContextPreset.Seed001 =>
                [Register("Wv1", first), Register("LN", norm), Functions.Relu(), Register("Wv2", last)],
            GlobalContextPreset.Timm =>
                [Register(timmName, new Sequential(("fc1", first), ("norm", norm), ("act", Functions.Relu()), ("fc2", last)))],
            _ => [Register(name, new Sequential(first, norm, Functions.Relu(), last))],
        };
    }
}
