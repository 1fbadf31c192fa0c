using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Models;

namespace NonLocal.Verification.Blocks;

/// <summary>torchvision's residual blocks, and small networks of them.</summary>
internal static class ResidualNetworks
{
    /// <summary><c>torchvision.models.resnet.BasicBlock</c>.</summary>
    public static void Basic(BlockCase block) =>
        block.OutputMap(block.Use(new BasicBlock(Options(block, 1))).Forward(block.Map()));

    /// <summary><c>torchvision.models.resnet.Bottleneck</c>, with the stride on the 3×3.</summary>
    public static void Bottleneck(BlockCase block) =>
        block.OutputMap(block.Use(new Bottleneck(Options(block, Models.Bottleneck.Expansion))).Forward(block.Map()));

    /// <summary>A ResNet of torchvision's blocks and names with any number of stages.</summary>
    /// <remarks>Perhaps with AlexHex7's non-local block, called <c>nl</c>, after one of them.</remarks>
    public static void Network(BlockCase block)
    {
        CaseConfig config = block.Config;
        int[] blocks = config.List("layers");
        int stages = blocks.Length;
        if (blocks.Any(count => count < 1 || count > block.ParameterCount))
        {
            throw new BlockMismatchException(
                $"config key 'layers' is [{string.Join(", ", blocks)}], but the file has {block.ParameterCount} parameters.");
        }

        ResNetOptions options = new()
        {
            Block = Kind(config),
            Blocks = blocks,
            Planes = Planes(block, stages),
            Strides = PerStage(config, "strides", stages, [1, .. Enumerable.Repeat(2, stages - 1)]),
            Dilations = PerStage(config, "dilations", stages, [.. Enumerable.Repeat(1, stages)]),
            FirstBlockKeepsDilation = false,
            StemChannels = block.Channels("stem"),
            Classes = block.Channels("num_classes"),
            Attention = config.Text("nl_after") is { } layer ? [After(layer, stages)] : [],
        };
        ResNet network = new(options, new ModelInfo("network", 0, 0, [], [], []));
        block.OutputPlain(block.Use(network).Forward(block.Map()));
    }

    private static ResidualBlockOptions Options(BlockCase block, int expansion)
    {
        CaseConfig config = block.Config;
        config.Only("expansion", expansion.ToString(System.Globalization.CultureInfo.InvariantCulture));
        int channels = block.Channels("inplanes");
        int planes = block.Channels("planes");
        int stride = config.Positive("stride", 1);
        bool projects = channels != planes * expansion || stride != 1;
        if (config.Flag("downsample", projects) != projects)
        {
            throw new UnsupportedBlockException(
                $"config key 'downsample' is {(projects ? "false" : "true")}, but the sizes need the opposite.");
        }

        return new ResidualBlockOptions(channels, planes, stride, config.Positive("dilation", 1));
    }

    private static ResidualBlockKind Kind(CaseConfig config) => config.Text("block") switch
    {
        "BasicBlock" => ResidualBlockKind.Basic,
        "Bottleneck" => ResidualBlockKind.Bottleneck,
        string other => throw new UnsupportedBlockException(
            $"config key 'block' is '{other}'.{NearestName.Hint(other, ["BasicBlock", "Bottleneck"])}"),
        null => throw new UnsupportedBlockException("config key 'block' is missing."),
    };

    private static int[] PerStage(CaseConfig config, string key, int stages, int[]? otherwise)
    {
        int[] list = otherwise is not null && !config.States(key) ? otherwise : config.List(key);
        return list.Length == stages
            ? list
            : throw new UnsupportedBlockException($"config key '{key}' has {list.Length} numbers, expected {stages}.");
    }

    private static int[] Planes(BlockCase block, int stages)
    {
        int[] planes = PerStage(block.Config, "planes", stages, null);
        foreach (int channels in planes)
        {
            block.ExpectChannels("planes", channels);
        }

        return planes;
    }

    private static AttentionPlacement After(string layer, int stages)
    {
        for (int stage = 1; stage <= stages; stage++)
        {
            if (layer == $"layer{stage}")
            {
                return new AttentionPlacement(
                    stage, channels => new NonLocalBlock(channels, NonLocalPresets.Options(NonLocalPreset.AlexHex7, channels)), Name: "nl");
            }
        }

        throw new UnsupportedBlockException($"config key 'nl_after' is '{layer}', expected layer1 to layer{stages}.");
    }
}
