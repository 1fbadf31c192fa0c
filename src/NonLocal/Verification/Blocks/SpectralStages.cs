using NonLocal.Attention;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Spectral non-local stages and units as released in zh460045050/SNL_ICCV2021.</summary>
internal static class SpectralStages
{
    private static readonly Dictionary<string, SpectralKind> Kinds = new()
    {
        ["snl"] = SpectralKind.Spectral,
        ["nl"] = SpectralKind.NonLocal,
        ["ns"] = SpectralKind.NonLocalStage,
        ["a2"] = SpectralKind.DoubleAttention,
        ["dnl"] = SpectralKind.Disentangled,
    };

    /// <summary>The stage of the classification code, of any kind.</summary>
    public static void Stage(BlockCase block) => Build(block, new SpectralOptions { Kind = Kind(block.Config) });

    /// <summary>The stage of the segmentation code: SNL in −A, its ReLU a choice.</summary>
    public static void SegmentationStage(BlockCase block)
    {
        block.Config.Only("use_scale", "false");
        Build(block, new SpectralOptions { SubtractsNeighbours = true, Activation = block.Config.Flag("relu", false) });
    }

    /// <summary>The unit of the classification code, which is also seed 002: the affinity is an input.</summary>
    public static void Unit(BlockCase block) => BuildUnit(block, new SpectralOptions());

    /// <summary>The unit of the segmentation code.</summary>
    public static void SegmentationUnit(BlockCase block) =>
        BuildUnit(block, new SpectralOptions { SubtractsNeighbours = true, Activation = block.Config.Flag("relu", false) });

    private static void Build(BlockCase block, SpectralOptions options)
    {
        block.Config.Only("aff_kernel", "dot");
        options = options with { InnerChannels = block.Channels("planes"), Units = Units(block) };
        SpectralNonLocalBlock module = block.Use(new SpectralNonLocalBlock(block.Channels("inplanes"), options));
        Value x = block.Map();
        block.OutputMap(module.Forward(x));
        block.AttentionIfAsked(() => module.AttentionMap(x));
    }

    private static void BuildUnit(BlockCase block, SpectralOptions options)
    {
        options = options with { InnerChannels = block.Channels("planes") };
        SpectralUnit module = block.Use(new SpectralUnit(block.Channels("inplanes"), options));
        block.OutputMap(module.Forward(block.Map(), Affinity.Given(block.Plain("input.att"))));
    }

    // Memory is not taken for units that the file does not have.
    private static int Units(BlockCase block)
    {
        int units = block.Config.Positive("stage_num", 5);
        return units <= block.ParameterCount
            ? units
            : throw new BlockMismatchException($"config key 'stage_num' is {units}, but the file has {block.ParameterCount} parameters.");
    }

    private static SpectralKind Kind(CaseConfig config)
    {
        string name = config.Text("nl_type") ?? "snl";
        return Kinds.TryGetValue(name, out SpectralKind kind)
            ? kind
            : throw new UnsupportedBlockException($"config key 'nl_type' is '{name}'.{NearestName.Hint(name, Kinds.Keys)}");
    }
}
