using System.Globalization;
using NonLocal.Attention;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Self-attention as the seed listings have it.</summary>
internal static class SelfAttentions
{
    /// <summary>Seed 000: the SAGAN form with gamma as a parameter.</summary>
    public static void WithGamma(BlockCase block)
    {
        CaseConfig config = block.Config;
        int channels = block.Channels("in_channels");
        int reduction = config.Positive("k", 8);
        config.Only("gamma", "param.gamma");
        config.Only("inter_channels", Math.Max(channels / reduction, 1).ToString(CultureInfo.InvariantCulture));
        SelfAttention module = block.Use(new SelfAttention(channels, reduction));
        Value x = block.Map();
        block.OutputMap(module.Forward(x));
        block.AttentionIfAsked(() => module.AttentionMap(x));
    }

    /// <summary>Seed 003: no residual, no gamma, no reduction; its argument k does nothing.</summary>
    public static void Plain(BlockCase block)
    {
        block.Config.States("k");
        PlainSelfAttention module = block.Use(new PlainSelfAttention(block.Channels("in_channels")));
        Value x = block.Map();
        block.OutputMap(module.Forward(x));
        block.AttentionIfAsked(() => module.AttentionMap(x));
    }
}
