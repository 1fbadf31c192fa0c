using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models.Heads;

/// <summary>
/// The head of the dual attention network under the original's names (junfu1115/DANet, DANetHead): position and channel attention side by
/// side, each between two convolutions, summed.
/// </summary>
/// <remarks>
/// Fu et al., arXiv 1809.02983. A quarter of the input's channels inside; names <c>conv5a, conv5c, sa, sc, conv51, conv52, conv6, conv7,
/// conv8</c>. Training adds the losses of all three logits of <see cref="ForwardAll"/>. See <see cref="DualAttentionHead"/> for
/// mmsegmentation's names.
/// </remarks>
public sealed class DanetHead : Layer
{
    private readonly int inputChannels;
    private readonly DualAttentionBranch position;
    private readonly DualAttentionBranch channel;
    private readonly Sequential fused;

    /// <summary>A head of PyTorch's default first weights.</summary>
    /// <param name="inputChannels">Channels of the map: at least 32.</param>
    /// <param name="classes">Outputs of the classifiers.</param>
    /// <param name="dropout">Share of channels that training drops before each classifier.</param>
    /// <exception cref="ArgumentException">Too few channels, or no classes.</exception>
    public DanetHead(int inputChannels, int classes, double dropout = 0.1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        this.inputChannels = inputChannels;
        int channels = inputChannels / 4;
        if (channels < 8)
        {
            throw new ArgumentException(
                $"a head over {inputChannels} channels has {channels} inside and no channels for queries and keys; give at least 32.");
        }

        Sequential positionBefore = Register("conv5a", Convolution(inputChannels));
        Sequential channelBefore = Register("conv5c", Convolution(inputChannels));
        PositionAttention = Register("sa", new PositionAttention(channels));
        ChannelAttention = Register("sc", new ChannelAttention(channels));
        Sequential positionAfter = Register("conv51", Convolution(channels));
        Sequential channelAfter = Register("conv52", Convolution(channels));
        position = new(positionBefore, PositionAttention, positionAfter, Register("conv6", Classifier()));
        channel = new(channelBefore, ChannelAttention, channelAfter, Register("conv7", Classifier()));
        fused = Register("conv8", Classifier());

        Sequential Convolution(int inputs) => new(
            new Conv(inputs, channels, [3, 3], padding: [1, 1], bias: false), new BatchNorm(channels), Functions.Relu());

        Sequential Classifier() => new(new Dropout(dropout, wholeChannels: true), new Conv(channels, classes, [1, 1]));
    }

    /// <summary>The position attention.</summary>
    public PositionAttention PositionAttention { get; }

    /// <summary>The channel attention.</summary>
    public ChannelAttention ChannelAttention { get; }

    /// <summary>Logits of the sum and of each branch.</summary>
    /// <param name="x">[batch, height, width, input channels].</param>
    public DualAttentionLogits ForwardAll(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Connect(x);
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Connect(x).Fused;

    private DualAttentionLogits Connect(Value x) => x.Shape.Rank == 4 && x.Shape.Last == inputChannels
        ? DualAttentionBranch.Connect(x, position, channel, fused.Forward)
        : throw new ShapeException(x.Graph.Layer, "head", $"expects a map [batch, height, width, {inputChannels}], got {x.Shape}.");
}
