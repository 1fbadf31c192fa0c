using NonLocal.Attention;
using NonLocal.Models.Heads;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Criss-cross attention as published.</summary>
internal static class CrissCrossModules
{
    /// <summary>speedinghzl/CCNet <c>CrissCrossAttention</c>, applied as often as the config says.</summary>
    public static void Published(BlockCase block) => Build(block, "in_dim", new CrissCrossOptions
    {
        Recurrence = Recurrence(block, 1),
    });

    /// <summary>open-mmlab/mmcv <c>CrissCrossAttention</c>.</summary>
    public static void Mmcv(BlockCase block) => Build(block, "in_channels", new CrissCrossOptions { Preset = CrissCrossPreset.Mmcv });

    /// <summary>speedinghzl/CCNet <c>RCCAModule</c>, its activated norms as batch norm and leaky ReLU.</summary>
    public static void Head(BlockCase block)
    {
        CaseConfig config = block.Config;
        config.Text("norm");
        RecurrentCrissCrossHead head = block.Use(new RecurrentCrissCrossHead(
            block.Channels("in_channels"),
            block.Channels("num_classes"),
            config.Has("inter_channels") ? block.Channels("inter_channels") : null,
            block.Channels("out_channels"),
            Recurrence(block),
            Heads.Dropout(block, "dropout", 0.1)));
        (Value logits, Value read) = head.ForwardWithAttentionInput(block.Map());
        block.OutputMap(logits);
        block.AttentionsIfAsked(() => head.Attention.AttentionMaps(read));
    }

    /// <summary>open-mmlab/mmsegmentation <c>CCHead</c>.</summary>
    public static void MmSegmentationHead(BlockCase block)
    {
        CrissCrossHead head = block.Use(new CrissCrossHead(Heads.FullyConvolutionalOptions(block), Recurrence(block)));
        Heads.Connect(block, head, head.Attention.AttentionMaps);
    }

    // A pass adds to the graph: a file may not ask for more than is sensible.
    private static int Recurrence(BlockCase block, int otherwise = 2)
    {
        int passes = block.Config.Positive("recurrence", otherwise);
        return passes <= 100 ? passes : throw new UnsupportedBlockException($"config key 'recurrence' is {passes}, expected at most 100.");
    }

    private static void Build(BlockCase block, string channels, CrissCrossOptions options)
    {
        CrissCrossAttention module = block.Use(new CrissCrossAttention(block.Channels(channels), options));
        Value x = block.Map();
        block.OutputMap(module.Forward(x));
        block.AttentionsIfAsked(() => module.AttentionMaps(x));
    }
}
