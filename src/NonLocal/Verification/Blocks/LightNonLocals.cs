using NonLocal.Attention;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Lightweight non-local blocks as published.</summary>
internal static class LightNonLocals
{
    /// <summary>LiYingwei/AutoNL, the TensorFlow release.</summary>
    public static void AutoNL(BlockCase block) => Build(block, new LightNonLocalOptions());

    /// <summary>meijieru/yet_another_mobilenet_series, whose divisor is H/W.</summary>
    public static void MobilenetSeries(BlockCase block)
    {
        block.Config.Only("scale", "f / H * W");
        Build(block, LightNonLocalOptions.MobilenetSeries);
    }

    private static void Build(BlockCase block, LightNonLocalOptions options)
    {
        CaseConfig config = block.Config;
        Value x = block.Map();
        options = options with
        {
            Ratio = config.Real("nl_ratio", 1),
            Stride = config.Positive("nl_stride", 1),
            NormEpsilon = config.Real("bn_eps", options.NormEpsilon),
            NormMomentum = config.Real("bn_momentum_torch", options.NormMomentum),
            Dimensions = x.Shape.Rank - 2,
        };
        LightNonLocalBlock module = block.Use(new LightNonLocalBlock(block.Channels("channels"), options));
        block.OutputMap(module.Forward(x));
        block.AttentionIfAsked(() => module.AttentionMap(x));
    }
}
