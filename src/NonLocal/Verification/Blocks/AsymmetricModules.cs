using NonLocal.Attention;
using NonLocal.Models.Heads;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Asymmetric non-local blocks as published.</summary>
internal static class AsymmetricModules
{
    /// <summary>MendelXu/ANN <c>APNB</c>.</summary>
    public static void Pyramid(BlockCase block)
    {
        AsymmetricPyramid module = block.Use(new AsymmetricPyramid(block.Channels("in_channels"), Options(block)));
        (Value result, IReadOnlyList<Value> maps) = module.ForwardWithMaps(block.Map());
        block.OutputMap(result);
        block.AttentionsIfAsked(() => maps);
    }

    /// <summary>MendelXu/ANN <c>AFNB</c>.</summary>
    public static void Fusion(BlockCase block)
    {
        AsymmetricFusion module = block.Use(new AsymmetricFusion(
            block.Channels("low_in_channels"), block.Channels("high_in_channels"), Options(block)));
        (Value result, IReadOnlyList<Value> maps) = module.ForwardWithMaps(block.Map("input.low"), block.Map());
        block.OutputMap(result);
        block.AttentionsIfAsked(() => maps);
    }

    /// <summary>open-mmlab/mmsegmentation <c>ANNHead</c>.</summary>
    public static void Head(BlockCase block)
    {
        AsymmetricOptions options = new()
        {
            KeyChannels = block.Channels("project_channels"),
            Levels = Levels(block, "key_pool_scales"),
            Stages = Stages(block, "query_scales"),
        };
        DecodeHeadOptions head = Heads.Options(block) with { Input = HeadInput.Several };
        AsymmetricHead module = block.Use(new AsymmetricHead(head, options));
        (Value logits, IReadOnlyList<Value> maps) = module.ForwardWithMaps(block.Map("input.low"), block.Map());
        block.OutputMap(logits);
        block.AttentionsIfAsked(() => maps);
    }

    private static AsymmetricOptions Options(BlockCase block)
    {
        block.Config.States("norm_type");
        return new AsymmetricOptions
        {
            KeyChannels = block.Channels("key_channels"),
            ValueChannels = block.Channels("value_channels"),
            OutputChannels = block.Channels("out_channels"),
            Levels = Levels(block, "psp_size"),
            Stages = Stages(block, "sizes"),
            Dropout = Heads.Dropout(block, "dropout", 0.05),
        };
    }

    // Cells are memory: a file may not ask for more than is sensible.
    private static int[] Levels(BlockCase block, string key)
    {
        int[] levels = block.Config.States(key) ? block.Config.List(key) : [1, 3, 6, 8];
        return levels.Length is >= 1 and <= 64 && Array.TrueForAll(levels, cells => cells is >= 1 and <= 256)
            ? levels
            : throw new UnsupportedBlockException(
                $"config key '{key}' is [{string.Join(", ", levels)}], expected up to 64 numbers from 1 to 256.");
    }

    // How much each stage's queries are pooled. The published code runs with 1 only: another result could not be joined to the map.
    private static int Stages(BlockCase block, string key)
    {
        int[] scales = block.Config.States(key) ? block.Config.List(key) : [1];
        return scales.Length >= 1 && scales.Length <= block.ParameterCount && Array.TrueForAll(scales, scale => scale == 1)
            ? scales.Length
            : throw new UnsupportedBlockException(
                $"config key '{key}' is [{string.Join(", ", scales)}]; only 1 for each stage is supported.");
    }
}
