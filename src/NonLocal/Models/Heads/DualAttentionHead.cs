using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models.Heads;

/// <summary>
/// The head of the dual attention network under open-mmlab/mmsegmentation's names (DAHead): position and channel attention side by side,
/// each between two convolutions, summed.
/// </summary>
/// <remarks>
/// Fu et al., arXiv 1809.02983. Names <c>conv_seg, pam_in_conv, pam, pam_out_conv, pam_conv_seg, cam_in_conv, cam, cam_out_conv,
/// cam_conv_seg</c>. Training adds the losses of all three logits of <see cref="ForwardAll"/>. See <see cref="DanetHead"/> for the
/// original's names.
/// </remarks>
public sealed class DualAttentionHead : DecodeHead
{
    private readonly DualAttentionBranch position;
    private readonly DualAttentionBranch channel;

    /// <summary>A head.</summary>
    /// <param name="options">What heads have in common.</param>
    /// <param name="keyChannels">Channels of the position attention's queries and keys; null: an eighth of the head's.</param>
    /// <exception cref="ArgumentException">Numbers out of range.</exception>
    public DualAttentionHead(DecodeHeadOptions options, int? keyChannels = null)
        : base(options)
    {
        const DualAttentionPreset preset = DualAttentionPreset.Mmsegmentation;
        position = Branch("pam", new PositionAttention(options.Channels, keyChannels, preset));
        channel = Branch("cam", new ChannelAttention(options.Channels, preset: preset));

        DualAttentionBranch Branch(string name, Layer attention) => new(
            Register(name + "_in_conv", Convolution(JoinedChannels)),
            Register(name, attention),
            Register(name + "_out_conv", Convolution(options.Channels)),
            Classifier(
                Register(name + "_dropout", new Dropout(options.Dropout, wholeChannels: true)),
                Register(name + "_conv_seg", new Conv(options.Channels, options.Classes, [1, 1]))));

        static Function Classifier(Dropout dropout, Conv convolution) => new(features => convolution.Forward(dropout.Forward(features)));

        ConvModule Convolution(int inputs) => new(inputs, options.Channels, [3, 3], padding: [1, 1], norm: options.Norm);
    }

    /// <summary>Logits of the sum and of each branch.</summary>
    /// <param name="x">[batch, height, width, input channels].</param>
    public DualAttentionLogits ForwardAll(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Connect(x);
    }

    /// <summary>The position attention.</summary>
    public PositionAttention PositionAttention => (PositionAttention)position.Attention;

    /// <summary>The channel attention.</summary>
    public ChannelAttention ChannelAttention => (ChannelAttention)channel.Attention;

    /// <inheritdoc/>
    protected override Value Build(Value x) => Connect(x).Fused;

    private DualAttentionLogits Connect(Value x) => DualAttentionBranch.Connect(Expect(x), position, channel, Classify);
}
