using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models.Heads;

/// <summary>Options of fully convolutional heads; defaults of open-mmlab/mmsegmentation's FCNHead.</summary>
public sealed record FcnHeadOptions : DecodeHeadOptions
{
    /// <summary>Convolutions before the concatenation. Default: 2.</summary>
    public int Convolutions { get; init; } = 2;

    /// <summary>Side of all kernels. Default: 3.</summary>
    public int KernelSize { get; init; } = 3;

    /// <summary>Distance between the taps of the first convolutions; the one after the concatenation has 1. Default: 1.</summary>
    public int Dilation { get; init; } = 1;

    /// <summary>Whether the input is concatenated to the result and both are convolved once more. Default: yes.</summary>
    public bool ConcatenateInput { get; init; } = true;
}

/// <summary>
/// The fully convolutional head: convolutions, concatenation with the input, convolution, classifier. Names <c>conv_seg, convs.0.conv,
/// convs.0.bn, convs.1…, conv_cat…</c>, as in open-mmlab/mmsegmentation's FCNHead.
/// </summary>
/// <remarks>
/// Shelhamer, Long, Darrell: Fully Convolutional Networks for Semantic Segmentation, arXiv 1605.06211. Heads with attention have their
/// block between the first two convolutions.
/// </remarks>
public class FcnHead : DecodeHead
{
    private const string ConvolutionsName = "convs";

    private readonly FcnHeadOptions options;
    private readonly Sequential convolutions;
    private readonly ConvModule? fusion;
    private readonly Layer? attention;

    /// <summary>A head from [batch, height, width, input channels] to logits [batch, height, width, classes].</summary>
    /// <param name="options">Its shape.</param>
    /// <exception cref="ArgumentException">Numbers out of range, or no convolution and channels that differ from the input's.</exception>
    public FcnHead(FcnHeadOptions options)
        : base(options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Convolutions, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.KernelSize, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Dilation, 1, nameof(options));
        if (options.Convolutions == 0 && JoinedChannels != options.Channels)
        {
            throw new ArgumentException(
                $"a head without convolutions has as many channels as its input, got {options.Channels} for {JoinedChannels}.");
        }

        this.options = options;
        convolutions = Register(ConvolutionsName, new Sequential([.. Enumerable.Range(0, options.Convolutions)
            .Select(number => (Layer)Convolution(number == 0 ? JoinedChannels : options.Channels, options.Dilation))]));
        fusion = options.ConcatenateInput ? Register("conv_cat", Convolution(JoinedChannels + options.Channels, 1)) : null;
    }

    /// <summary>A head with attention between its two first convolutions.</summary>
    /// <param name="options">The head's shape.</param>
    /// <param name="name">The attention's name in the state dict.</param>
    /// <param name="create">Makes the attention for the head's channels.</param>
    /// <exception cref="ArgumentException">Numbers out of range, or other than two convolutions.</exception>
    private protected FcnHead(FcnHeadOptions options, string name, Func<int, Layer> create)
        : this(options)
    {
        if (options.Convolutions != 2)
        {
            throw new ArgumentException($"a head with attention has 2 convolutions around it, not {options.Convolutions}.");
        }

        attention = Register(name, create(options.Channels));
    }

    /// <summary>The attention between the convolutions.</summary>
    private protected Layer? Between => attention;

    /// <summary>The logits, and the map that the attention block reads (null without one): for looking at the attention.</summary>
    /// <param name="x">[batch, height, width, input channels].</param>
    public (Value Logits, Value? Read) ForwardWithAttentionInput(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Connect(x);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Connect(x).Logits;

    private (Value Logits, Value? Read) Connect(Value x)
    {
        Value? read = attention is null ? null : Convolve(Expect(x), ..1);
        Value y = read is null ? convolutions.Forward(Expect(x)) : Convolve(attention!.Forward(read), 1..);
        y = fusion is null ? y : fusion.Forward(((Value[])[x, y]).Concat(-1));
        return (Classify(y), read);
    }

    private Value Convolve(Value x, Range which)
    {
        using Graph.LayerScope scope = x.Graph.Enter(ConvolutionsName);
        foreach (Layer layer in convolutions.Layers.ToArray()[which])
        {
            x = layer.Forward(x);
        }

        return x;
    }

    private ConvModule Convolution(int channels, int dilation)
    {
        (int side, int padding) = (options.KernelSize, options.KernelSize / 2 * dilation);
        return new ConvModule(
            channels,
            options.Channels,
            [side, side],
            padding: [padding, padding],
            dilation: [dilation, dilation],
            norm: options.Norm);
    }
}
