using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Normalisation layers.</summary>
internal static class Norms
{
    /// <summary><c>nn.BatchNorm1d</c>, <c>nn.BatchNorm2d</c>, <c>nn.BatchNorm3d</c>.</summary>
    public static void BatchNorm(BlockCase block)
    {
        CaseConfig config = block.Config;

        // A momentum that is stated as null averages all batches alike.
        double? momentum = config.States("momentum") && !config.Has("momentum") ? null : config.Real("momentum", 0.1);
        BatchNorm layer = new(
            block.Channels("num_features"),
            config.Real("eps", 1e-5),
            momentum,
            config.Flag("affine", true),
            config.Flag("track_running_stats", true));
        block.OutputMap(block.Use(layer).Forward(block.Map()));
    }

    /// <summary><c>nn.LayerNorm</c> over the last axes of the file's order: weights have the shape of these axes.</summary>
    public static void LayerNorm(BlockCase block)
    {
        CaseConfig config = block.Config;
        Shape normalized = new(config.List("normalized_shape"));
        bool affine = config.Flag("elementwise_affine", true);
        Value? weight = affine ? block.Parameter("weight", normalized) : null;
        Value? bias = config.Flag("bias", true) && affine ? block.Parameter("bias", normalized) : null;
        block.OutputPlain(block.Plain().LayerNorm(normalized.Rank, weight, bias, config.Real("eps", 1e-5)));
    }

    /// <summary><c>nn.GroupNorm</c>.</summary>
    public static void GroupNorm(BlockCase block)
    {
        CaseConfig config = block.Config;
        Shape channels = [block.Channels("num_channels")];
        bool affine = config.Flag("affine", true);
        Value? weight = affine ? block.Parameter("weight", channels) : null;
        Value? bias = affine ? block.Parameter("bias", channels) : null;
        block.OutputMap(block.Map().GroupNorm(config.Positive("num_groups"), weight, bias, config.Real("eps", 1e-5)));
    }

    /// <summary><c>nn.InstanceNorm1d</c>, <c>nn.InstanceNorm2d</c>, <c>nn.InstanceNorm3d</c> without running statistics.</summary>
    public static void InstanceNorm(BlockCase block)
    {
        CaseConfig config = block.Config;
        config.Only("momentum", "0.1");
        config.Only("track_running_stats", "false");
        Shape channels = [block.Channels("num_features")];
        bool affine = config.Flag("affine", false);
        Value? weight = affine ? block.Parameter("weight", channels) : null;
        Value? bias = affine ? block.Parameter("bias", channels) : null;
        block.OutputMap(block.Map().InstanceNorm(weight, bias, config.Real("eps", 1e-5)));
    }
}
