using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models.Heads;

/// <summary>
/// A head with asymmetric non-local blocks, which reads two maps: open-mmlab/mmsegmentation's ANNHead. See <see cref="AsymmetricFusion"/>.
/// </summary>
/// <remarks>Names <c>fusion, bottleneck, context, conv_seg</c>. Dropout comes after the fusion and before the classifier.</remarks>
public sealed class AsymmetricHead : DecodeHead
{
    private readonly AsymmetricFusion fusion;
    private readonly Dropout dropout;
    private readonly Layer bottleneck;
    private readonly AsymmetricPyramid context;

    /// <summary>A head from two maps to logits [batch, height, width, classes], as large as the second map.</summary>
    /// <param name="options">The head's shape: reads several maps, two numbers of input channels, first those of the lower map.</param>
    /// <param name="attention">Widths, levels and stages of both blocks; names and norms are the head's.</param>
    /// <exception cref="ArgumentException">Numbers out of range, or other than two maps.</exception>
    public AsymmetricHead(DecodeHeadOptions options, AsymmetricOptions attention)
        : base(options)
    {
        if (options.Input != HeadInput.Several || options.InputChannels.Count != 2 || options.Norm is null)
        {
            throw new ArgumentException(
                $"an asymmetric head reads two maps, each for itself, and has norms; got {options.InputChannels.Count} maps.");
        }

        (int low, int high) = (options.InputChannels[0], options.InputChannels[1]);
        attention = attention with { Preset = AsymmetricPreset.MmSegmentation, Norm = options.Norm, OutputChannels = null };
        fusion = Register("fusion", new AsymmetricFusion(low, high, attention));
        dropout = Register("fusion_dropout", new Dropout(options.Dropout, wholeChannels: true));
        bottleneck = Register("bottleneck", new ConvModule(high, options.Channels, [3, 3], padding: [1, 1], norm: options.Norm));
        context = Register("context", new AsymmetricPyramid(options.Channels, attention));
    }

    /// <summary>The logits, and the weights of the cells in fusion and pyramid, a value for each stage: [batch, N, cells].</summary>
    /// <param name="low">The lower map.</param>
    /// <param name="high">The higher map.</param>
    public (Value Logits, IReadOnlyList<Value> Maps) ForwardWithMaps(Value low, Value high)
    {
        using Graph.LayerScope scope = Enter(high.Graph);
        (Value fused, IReadOnlyList<Value> first) = fusion.ForwardWithMaps(low, high);
        (Value found, IReadOnlyList<Value> second) = context.ForwardWithMaps(Reduced(fused));
        return (Classify(found), [.. first, .. second]);
    }

    /// <inheritdoc/>
    private protected override Value BuildFromMaps(IReadOnlyList<Value> chosen) =>
        Classify(context.Forward(Reduced(fusion.Forward(chosen[0], chosen[1]))));

    /// <inheritdoc/>
    protected override Value Build(Value x) => throw new ShapeException(x.Graph.Layer, "asymmetric head", "reads two maps, got one.");

    private Value Reduced(Value fused) => bottleneck.Forward(dropout.Forward(fused));
}
