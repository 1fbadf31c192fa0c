using System.Globalization;
using NonLocal.Attention;
using NonLocal.Models.Heads;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Global context and squeeze and excitation as published.</summary>
internal static class GlobalContexts
{
    /// <summary>xvjiarui/GCNet, mmcv: <c>ContextBlock</c>.</summary>
    public static void ContextBlock(BlockCase block)
    {
        int channels = block.Channels(block.Config.Has("in_channels") ? "in_channels" : "inplanes");
        Build(block, new GlobalContextBlock(channels, Options(block, channels, null)));
    }

    /// <summary>Seed 001: <c>GCblock</c>, with its weights multiplied along the right axis.</summary>
    public static void Seed001(BlockCase block)
    {
        CaseConfig config = block.Config;
        string fusion = config.Text("fuse_type") ?? "add";
        Build(block, new GlobalContextBlock(block.Channels("channel_in"), GlobalContextOptions.Of(GlobalContextPreset.Seed001) with
        {
            Width = block.Channels("Clr"),
            Fusion = fusion switch
            {
                "add" => ContextFusion.Add,
                "scale" => ContextFusion.Scale,
                _ => throw new UnsupportedBlockException($"config key 'fuse_type' is '{fusion}', expected add or scale."),
            },
        }));
    }

    /// <summary>moskomule/senet.pytorch: <c>SELayer</c>.</summary>
    public static void SqueezeExcitation(BlockCase block)
    {
        int reduction = block.Config.Positive("reduction", 16);
        block.OutputMap(block.Use(new SqueezeExcitationBlock(block.Channels("channel"), reduction)).Forward(block.Map()));
    }

    /// <summary>open-mmlab/mmsegmentation: <c>GCHead</c>.</summary>
    public static void Head(BlockCase block)
    {
        FcnHeadOptions options = Heads.FullyConvolutionalOptions(block);
        GlobalContextHead head = block.Use(new GlobalContextHead(options, Options(block, options.Channels, 1.0 / 4)));
        Heads.Connect(block, head, head.Attention.AttentionMap);
    }

    private static void Build(BlockCase block, GlobalContextBlock module)
    {
        block.Use(module);
        Value x = block.Map();
        block.OutputMap(module.Forward(x));
        block.AttentionIfAsked(() => module.AttentionMap(x));
    }

    // Without a default, the ratio must be stated.
    private static GlobalContextOptions Options(BlockCase block, int channels, double? ratio)
    {
        CaseConfig config = block.Config;
        double share = config.Real("ratio", ratio ?? double.NaN);
        int width = double.IsNaN(share)
            ? throw new UnsupportedBlockException("config key 'ratio' is missing.")
            : block.ExpectChannels("ratio", (int)(channels * share));
        config.Only("planes", width.ToString(CultureInfo.InvariantCulture));
        string pooling = config.Text("pooling_type") ?? "att";
        return new GlobalContextOptions
        {
            Width = width,
            Pooling = pooling switch
            {
                "att" => ContextPooling.Attention,
                "avg" => ContextPooling.Average,
                _ => throw new UnsupportedBlockException($"config key 'pooling_type' is '{pooling}', expected att or avg."),
            },
            Fusion = config.Has("fusion_types")
                ? config.Texts("fusion_types").Aggregate((ContextFusion)0, (fusion, name) => fusion | Fusion(name))
                : ContextFusion.Add,
        };
    }

    private static ContextFusion Fusion(string name) => name switch
    {
        "channel_add" => ContextFusion.Add,
        "channel_mul" => ContextFusion.Scale,
        _ => throw new UnsupportedBlockException(
            $"config key 'fusion_types' has '{name}'.{NearestName.Hint(name, ["channel_add", "channel_mul"])}"),
    };
}
