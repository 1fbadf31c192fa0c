using NonLocal.Attention;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Double attention as two repositories have it; the maths is the same.</summary>
internal static class DoubleAttentions
{
    /// <summary>nguyenvo09/Double-Attention-Network: maps [n, descriptors, positions].</summary>
    public static void Pictures(BlockCase block)
    {
        DoubleAttentionBlock module = Create(block, true);
        Value x = block.Map();
        block.OutputMap(module.Forward(x));
        block.AttentionsIfAsked(() => [module.GatheringMap(x), module.DistributionMap(x).Transpose()]);
    }

    /// <summary>
    /// gjylt/DoubleAttentionNet: each K samples are the frames of one clip; maps [n·descriptors, positions], [n·positions, descriptors].
    /// </summary>
    public static void Clips(BlockCase block)
    {
        DoubleAttentionBlock module = Create(block, false);
        int frames = block.Config.Positive("K", 1);
        Value x = block.Map();
        if (x.Shape[0] % frames != 0)
        {
            throw new BlockMismatchException($"config key 'K' is {frames}, which does not divide the batch of {x.Shape[0]}.");
        }

        Value clips = x.Reshape([x.Shape[0] / frames, checked((int)(frames * x.Shape[1..^1].Count)), x.Shape.Last]);
        Value y = module.Forward(clips);
        block.OutputMap(y.Reshape(x.Shape.With(^1, y.Shape.Last)));
        block.AttentionsIfAsked(() => [module.GatheringMap(clips), module.DistributionMap(clips)]);
    }

    private static DoubleAttentionBlock Create(BlockCase block, bool reconstruct)
    {
        DoubleAttentionOptions options = DoubleAttentionOptions.Published(
            block.Channels("c_m"), block.Channels("c_n"), block.Config.Flag("reconstruct", reconstruct));
        return block.Use(new DoubleAttentionBlock(block.Channels("in_channels"), options));
    }
}
