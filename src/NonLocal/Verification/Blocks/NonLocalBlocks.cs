using NonLocal.Attention;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Non-local blocks as published.</summary>
internal static class NonLocalBlocks
{
    private static readonly Dictionary<string, Pairwise> Functions = new()
    {
        ["gaussian"] = Pairwise.Gaussian,
        ["embedded_gaussian"] = Pairwise.EmbeddedGaussian,
        ["dot_product"] = Pairwise.DotProduct,
        ["concatenation"] = Pairwise.Concatenation,
    };

    /// <summary>AlexHex7/Non-local_pytorch; the listing of seed 004 is its embedded Gaussian.</summary>
    public static void AlexHex7(BlockCase block)
    {
        CaseConfig config = block.Config;
        int channels = block.Channels("in_channels");
        NonLocalOptions options = NonLocalPresets.Options(NonLocalPreset.AlexHex7, channels, Function(config, "pairwise")) with
        {
            InnerChannels = config.Has("inter_channels") ? block.Channels("inter_channels") : Ignored(config, "inter_channels"),
            Subsampling = config.Flag("sub_sample", true) ? Subsampling.AfterEmbedding : Subsampling.None,
            Norm = config.Flag("bn_layer", true),
            Dimensions = config.Positive("dimension", 3),
        };
        Build(block, new NonLocalBlock(channels, options));
    }

    /// <summary>open-mmlab/mmcv NonLocalNd.</summary>
    public static void Mmcv(BlockCase block)
    {
        CaseConfig config = block.Config;
        int channels = block.Channels("in_channels");

        // Says how weights begin, and these are given.
        config.States("zeros_init");
        NonLocalOptions options = NonLocalPresets.Options(NonLocalPreset.Mmcv, channels, Function(config, "mode"));
        options = options with
        {
            InnerChannels = Math.Max(channels / config.Positive("reduction", 2), 1),
            Subsampling = config.Flag("sub_sample", false) ? Subsampling.AfterEmbedding : Subsampling.None,
            Norm = Norm(config),
            Dimensions = config.Positive("dimension"),
            LogitScale = config.Flag("use_scale", true) ? options.LogitScale : LogitScale.None,
        };
        Build(block, new NonLocalBlock(channels, options));
    }

    private static void Build(BlockCase block, NonLocalBlock module)
    {
        block.Use(module);
        Value x = block.Map();
        block.OutputMap(module.Forward(x));
        block.AttentionIfAsked(() => module.AttentionMap(x));
    }

    /// <summary>The pairwise function that a key names; the embedded Gaussian when it is absent.</summary>
    internal static Pairwise Function(CaseConfig config, string key)
    {
        string name = config.Text(key) ?? "embedded_gaussian";
        return Functions.TryGetValue(name, out Pairwise function)
            ? function
            : throw new UnsupportedBlockException($"config key '{key}' is '{name}'.{NearestName.Hint(name, Functions.Keys)}");
    }

    private static bool Norm(CaseConfig config)
    {
        config.Only("norm_cfg", "BN");
        return config.Has("norm_cfg");
    }

    // Stated as null: half the channels.
    private static int? Ignored(CaseConfig config, string key)
    {
        config.States(key);
        return null;
    }
}
