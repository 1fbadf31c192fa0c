using NonLocal.Layers;

namespace NonLocal.Models;

/// <summary>A model of the registry.</summary>
/// <param name="Description">What it is, in a few words.</param>
/// <param name="Source">The paper, and whose names the parameters have.</param>
/// <param name="Create">Makes one; takes the registry's name.</param>
public sealed record ModelEntry(string Description, string Source, Func<string, ModelOptions, Classifier> Create);

/// <summary>Models by name: one line each.</summary>
public static class ModelRegistry
{
    private const string Akamaster = "He et al., arXiv 1512.03385; akamaster/pytorch_resnet_cifar10";
    private const string Torchvision = "He et al., arXiv 1512.03385; torchvision";
    private const string NonLocalNetworks = "Wang et al., arXiv 1711.07971; names of torchvision and AlexHex7";
    private const string Spectral = "Zhu et al., arXiv 2108.02451; zh460045050/SNL_ICCV2021";
    private const string AutoNonLocal = "Li et al., arXiv 2004.01961; meijieru/yet_another_mobilenet_series";

    private static readonly Dictionary<string, ModelEntry> Models = new(StringComparer.OrdinalIgnoreCase)
    {
        ["cifar-resnet20"] = new("20 layers of basic blocks for CIFAR-10", Akamaster, Cifar(3)),
        ["cifar-resnet26"] = new("26 layers of basic blocks for CIFAR-10", Akamaster, Cifar(4)),
        ["cifar-resnet32"] = new("32 layers of basic blocks for CIFAR-10", Akamaster, Cifar(5)),
        ["cifar-resnet44"] = new("44 layers of basic blocks for CIFAR-10", Akamaster, Cifar(7)),
        ["cifar-resnet56"] = new("56 layers of basic blocks for CIFAR-10", Akamaster, Cifar(9)),
        ["cifar-resnet110"] = new("110 layers of basic blocks for CIFAR-10", Akamaster, Cifar(18)),
        ["resnet18"] = new("18 layers of basic blocks for ImageNet", Torchvision, ImageNet(ResidualBlockKind.Basic, 2, 2, 2, 2)),
        ["resnet34"] = new("34 layers of basic blocks for ImageNet", Torchvision, ImageNet(ResidualBlockKind.Basic, 3, 4, 6, 3)),
        ["resnet50"] = new("50 layers of bottlenecks for ImageNet", Torchvision, ImageNet(ResidualBlockKind.Bottleneck, 3, 4, 6, 3)),
        ["resnet101"] = new("101 layers of bottlenecks for ImageNet", Torchvision, ImageNet(ResidualBlockKind.Bottleneck, 3, 4, 23, 3)),
        ["resnet152"] = new("152 layers of bottlenecks for ImageNet", Torchvision, ImageNet(ResidualBlockKind.Bottleneck, 3, 8, 36, 3)),
        ["resnet50-nl5"] = new("resnet50 with 5 non-local blocks", NonLocalNetworks, ResNet50(NonLocalPlacements.Five)),
        ["resnet50-nl10"] = new("resnet50 with 10 non-local blocks", NonLocalNetworks, ResNet50(NonLocalPlacements.Ten)),
        ["resnet50-gc"] = new("resnet50 with 13 global context blocks", "Cao et al., arXiv 1904.11492",
            ResNet50(GlobalContextPlacements.Everywhere)),
        ["resnet50-se"] = new("resnet50 with squeeze and excitation in every block", "Hu et al., arXiv 1709.01507",
            ResNet50(GlobalContextPlacements.SqueezeExcitation)),
        ["resnet50-snl"] = new("resnet50 with a spectral non-local block", Spectral, SpectralResNet(3, 4, 6, 3)),
        ["resnet101-snl"] = new("resnet101 with a spectral non-local block", Spectral, SpectralResNet(3, 4, 23, 3)),
        ["resnet152-snl"] = new("resnet152 with a spectral non-local block", Spectral, SpectralResNet(3, 8, 36, 3)),
        ["autonl-s"] = new("mobile network with 7 lightweight non-local blocks", AutoNonLocal,
            (name, options) => AutoNonLocalNetwork.Small(name, options)),
        ["autonl-l"] = new("mobile network with 14 lightweight non-local blocks", AutoNonLocal,
            (name, options) => AutoNonLocalNetwork.Large(name, options)),
    };

    static ModelRegistry()
    {
        foreach ((string name, ModelEntry entry) in VideoResNets.Entries)
        {
            Models.Add(name, entry);
        }
    }

    /// <summary>All names.</summary>
    public static IReadOnlyCollection<string> Names => Models.Keys;

    /// <summary>All models by their names.</summary>
    public static IReadOnlyDictionary<string, ModelEntry> Entries => Models;

    /// <summary>Makes a model.</summary>
    /// <param name="name">One of <see cref="Names"/>; upper and lower case alike.</param>
    /// <param name="options">What differs from the published model; null: nothing.</param>
    /// <exception cref="ArgumentException">No such name (the nearest is suggested), or options that do not fit.</exception>
    public static Classifier Create(string name, ModelOptions? options = null)
    {
        options ??= new ModelOptions();
        if (!Models.TryGetValue(name, out ModelEntry? entry))
        {
            throw new ArgumentException($"There is no model '{name}'.{NearestName.Hint(name, Names)}");
        }

        Classifier model = entry.Create(name.ToLowerInvariant(), options);
        if (options.Dropout is not null && model.Info.Clip is null)
        {
            throw new ArgumentException($"{name} has no dropout that could be chosen; networks of clips have.");
        }

        foreach (BatchNorm norm in model.Tree().OfType<BatchNorm>())
        {
            norm.Frozen = options.FreezeNorms;
        }

        return model;
    }

    private static Func<string, ModelOptions, Classifier> Cifar(int blocks) =>
        (name, options) => ResNets.Cifar(name, blocks, options);

    private static Func<string, ModelOptions, Classifier> ImageNet(ResidualBlockKind block, params int[] blocks) =>
        (name, options) => ResNets.ImageNet(name, block, blocks, options);

    private static Func<string, ModelOptions, Classifier> ResNet50(IReadOnlyList<AttentionPlacement> attention) =>
        (name, options) => ResNets.WithAttention(name, [3, 4, 6, 3], attention, options);

    private static Func<string, ModelOptions, Classifier> SpectralResNet(params int[] blocks) =>
        (name, options) => ResNets.WithAttention(name, blocks, [SpectralPlacements.BeforeTheLastBlock(blocks)], options);
}
