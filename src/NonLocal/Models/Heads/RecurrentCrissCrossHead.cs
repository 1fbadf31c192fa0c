using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models.Heads;

/// <summary>
/// The head of CCNet: convolution, criss-cross attention some times, convolution, and a classifier over the input and what came out.
/// </summary>
/// <remarks>
/// speedinghzl/CCNet's RCCAModule. Names <c>conva.0, conva.1, cca, convb.0, convb.1, bottleneck.0, bottleneck.1, bottleneck.3</c>. Its
/// InPlaceABN is a batch norm followed by a leaky ReLU of slope 0.01. Convolutions start with PyTorch's default weights.
/// </remarks>
public sealed class RecurrentCrissCrossHead : Layer
{
    private readonly int channels;
    private readonly Sequential before;
    private readonly Sequential after;
    private readonly Sequential classifier;

    /// <summary>A head from [batch, height, width, channels] to logits [batch, height, width, classes].</summary>
    /// <param name="channels">Channels of the map.</param>
    /// <param name="classes">Outputs of the classifier.</param>
    /// <param name="attentionChannels">Channels that the attention sees; null: a quarter of the map's.</param>
    /// <param name="outputChannels">Channels before the classifier.</param>
    /// <param name="recurrence">How often the attention is applied.</param>
    /// <param name="dropout">The probability that training loses a channel before the classifier.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number out of range.</exception>
    public RecurrentCrissCrossHead(
        int channels, int classes, int? attentionChannels = null, int outputChannels = 512, int recurrence = 2, double dropout = 0.1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputChannels, 1);
        this.channels = channels;
        int inner = attentionChannels ?? Math.Max(channels / 4, 1);
        before = Register("conva", new Sequential(Convolution(channels, inner), new BatchNorm(inner)));
        Attention = Register("cca", new CrissCrossAttention(inner, recurrence));
        after = Register("convb", new Sequential(Convolution(inner, inner), new BatchNorm(inner)));
        classifier = Register("bottleneck", new Sequential(
            ("0", Convolution(channels + inner, outputChannels)),
            ("1", new BatchNorm(outputChannels)),
            ("activate", new Function(x => x.LeakyRelu())),
            ("2", new Dropout(dropout, wholeChannels: true)),
            ("3", new Conv(outputChannels, classes, [1, 1]))));
    }

    /// <summary>The attention.</summary>
    public CrissCrossAttention Attention { get; }

    /// <summary>The logits, and the map that the attention reads: for looking at it.</summary>
    /// <param name="x">[batch, height, width, channels].</param>
    public (Value Logits, Value Read) ForwardWithAttentionInput(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Connect(x);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Connect(x).Logits;

    private (Value Logits, Value Read) Connect(Value x)
    {
        if (x.Shape.Rank != 4 || x.Shape.Last != channels)
        {
            throw new ShapeException(x.Graph.Layer, "head", $"expects a map [batch, height, width, {channels}], got {x.Shape}.");
        }

        Value read = before.Forward(x).LeakyRelu();
        Value y = after.Forward(Attention.Forward(read)).LeakyRelu();
        return (classifier.Forward(((Value[])[x, y]).Concat(-1)), read);
    }

    private static Conv Convolution(int from, int to) => new(from, to, [3, 3], padding: [1, 1], bias: false);
}
