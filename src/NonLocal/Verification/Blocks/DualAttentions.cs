using System.Globalization;
using NonLocal.Attention;
using NonLocal.Models.Heads;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Dual attention as published, and what was made of it.</summary>
internal static class DualAttentions
{
    /// <summary>junfu1115/DANet: <c>PAM_Module</c>.</summary>
    public static void Position(BlockCase block)
    {
        int channels = block.Channels("in_dim");
        block.Config.Only("inter", (channels / 8).ToString(CultureInfo.InvariantCulture));
        Position(block, new PositionAttention(channels));
    }

    /// <summary>junfu1115/DANet: <c>CAM_Module</c>; its argument does nothing.</summary>
    public static void Channel(BlockCase block)
    {
        block.Config.States("in_dim");
        Channel(block, DualAttentionPreset.DANet);
    }

    /// <summary>open-mmlab/mmsegmentation: <c>PAM</c>.</summary>
    public static void MmSegmentationPosition(BlockCase block) => Position(block, new PositionAttention(
        block.Channels("in_channels"), block.Channels("channels"), DualAttentionPreset.Mmsegmentation));

    /// <summary>open-mmlab/mmsegmentation: <c>CAM</c>.</summary>
    public static void MmSegmentationChannel(BlockCase block) =>
        Channel(block, DualAttentionPreset.Mmsegmentation);

    /// <summary>junfu1115/DANet: <c>DANetHead</c>.</summary>
    public static void DanetHead(BlockCase block)
    {
        CaseConfig config = block.Config;
        config.Only("norm_layer", "BatchNorm2d");
        DanetHead head = block.Use(new DanetHead(
            block.Channels("in_channels"), block.Channels("out_channels"), Heads.Dropout(block, "dropout", 0.1)));
        Output(block, head.ForwardAll(block.Map()), head.PositionAttention, head.ChannelAttention);
    }

    /// <summary>open-mmlab/mmsegmentation: <c>DAHead</c>.</summary>
    public static void MmSegmentationHead(BlockCase block)
    {
        DualAttentionHead head = block.Use(new DualAttentionHead(Heads.Options(block), block.Channels("pam_channels")));
        Output(block, head.ForwardAll(block.Map()), head.PositionAttention, head.ChannelAttention);
    }

    /// <summary>The formulas of arXiv 2106.08382 with full-width keys, bare means and no shuffle.</summary>
    public static void MultiScale(BlockCase block)
    {
        CaseConfig config = block.Config;

        // How the descriptor is meant, in words.
        config.States("Z");
        int groups = block.ExpectChannels("groups", config.Positive("groups"));
        DualMultiScaleAttention module = block.Use(new DualMultiScaleAttention(
            block.Channels("channels"),
            new DualMultiScaleOptions { Groups = groups, KeyReduction = 1, DescriptorReduction = null, Shuffle = 1 }));
        Value x = block.Map();
        block.OutputMap(module.Forward(x));
        block.AttentionsIfAsked(() =>
        [
            .. Enumerable.Range(0, groups).SelectMany(group => (Value[])[module.ChannelMap(x, group), module.AttentionMap(x, group)]),
            module.GroupWeights(x),
        ]);
    }

    private static void Position(BlockCase block, PositionAttention module)
    {
        block.Use(module);
        Value x = block.Map();
        block.OutputMap(module.Forward(x));
        block.AttentionIfAsked(() => module.AttentionMap(x));
    }

    // The reference's module has as many channels as its input.
    private static void Channel(BlockCase block, DualAttentionPreset preset)
    {
        Value x = block.Map();
        ChannelAttention module = block.Use(new ChannelAttention(x.Shape.Last, preset: preset));
        block.OutputMap(module.Forward(x));
        block.AttentionIfAsked(() => module.AttentionMap(x));
    }

    private static void Output(BlockCase block, DualAttentionLogits logits, PositionAttention position, ChannelAttention channel)
    {
        block.OutputMap(logits.Fused);
        block.OutputMap(logits.Position, "output.pam");
        block.OutputMap(logits.Channel, "output.cam");
        block.AttentionsIfAsked(() => [position.AttentionMap(logits.PositionInput), channel.AttentionMap(logits.ChannelInput)]);
    }
}
