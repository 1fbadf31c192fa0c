using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models.Heads;

/// <summary>
/// A head with expectation–maximisation attention: open-mmlab/mmsegmentation's EMAHead. See <see cref="EmModule"/>.
/// </summary>
/// <remarks>
/// Names <c>ema_in_conv, ema_mid_conv, ema_module.bases, ema_out_conv, bottleneck, conv_cat, conv_seg</c>. <c>ema_mid_conv</c> gets no
/// gradient: mmsegmentation freezes it, and here nothing reaches it.
/// </remarks>
public sealed class EmHead : DecodeHead
{
    private const string EmbeddingName = "conv";

    private readonly Layer before;
    private readonly Conv embedding;
    private readonly EmModule module;
    private readonly Layer after;
    private readonly Layer bottleneck;
    private readonly Layer? fusion;

    /// <summary>A head from [batch, height, width, input channels] to logits [batch, height, width, classes].</summary>
    /// <param name="options">The head's shape.</param>
    /// <param name="attentionChannels">Channels that the module describes.</param>
    /// <param name="module">The module's options; null: mmsegmentation's.</param>
    /// <param name="concatenatesInput">Whether the input is concatenated to the result and both are convolved once more.</param>
    /// <exception cref="ArgumentException">Numbers out of range.</exception>
    public EmHead(DecodeHeadOptions options, int attentionChannels, EmOptions? module = null, bool concatenatesInput = true)
        : base(options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attentionChannels, 1);
        (int inputs, ConvModuleNorm? norm) = (JoinedChannels, options.Norm);
        before = Register("ema_in_conv", new ConvModule(inputs, attentionChannels, [3, 3], padding: [1, 1], norm: norm));
        embedding = new Conv(
            attentionChannels,
            attentionChannels,
            [1, 1],
            initializer: Initializers.KaimingNormalFanOut,
            biasInitializer: Initializers.Zeros);
        this.module = Register("ema_module", new EmModule(attentionChannels, module));
        Register("ema_mid_conv", new Sequential((EmbeddingName, embedding)));
        after = Register("ema_out_conv", new ConvModule(attentionChannels, attentionChannels, [1, 1], norm: norm, activation: false));
        bottleneck = Register("bottleneck", new ConvModule(attentionChannels, options.Channels, [3, 3], padding: [1, 1], norm: norm));
        fusion = concatenatesInput
            ? Register("conv_cat", new ConvModule(inputs + options.Channels, options.Channels, [3, 3], padding: [1, 1], norm: norm))
            : null;
    }

    /// <summary>The logits, and how positions are shared among the bases in each step, [batch, N, K].</summary>
    /// <param name="x">[batch, height, width, input channels].</param>
    public (Value Logits, IReadOnlyList<Value> Responsibilities) ForwardWithResponsibilities(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Connect(x);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Connect(x).Logits;

    private (Value Logits, IReadOnlyList<Value> Responsibilities) Connect(Value x)
    {
        Value features = before.Forward(Expect(x));
        (Value described, IReadOnlyList<Value> responsibilities) = module.ForwardWithResponsibilities(features, embedding);
        Value y = bottleneck.Forward((features + after.Forward(described.Relu())).Relu());
        y = fusion is null ? y : fusion.Forward(((Value[])[x, y]).Concat(-1));
        return (Classify(y), responsibilities);
    }
}
