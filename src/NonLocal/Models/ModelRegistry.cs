namespace NonLocal.Models;

/// <summary>Models by name: one line each.</summary>
public static class ModelRegistry
{
    private static readonly Dictionary<string, Func<string, ModelOptions, ImageClassifier>> Factories =
        new(StringComparer.OrdinalIgnoreCase)
        {
            ["cifar-resnet20"] = (name, options) => ResNets.Cifar(name, 3, options),
            ["cifar-resnet32"] = (name, options) => ResNets.Cifar(name, 5, options),
            ["cifar-resnet44"] = (name, options) => ResNets.Cifar(name, 7, options),
            ["cifar-resnet56"] = (name, options) => ResNets.Cifar(name, 9, options),
            ["cifar-resnet110"] = (name, options) => ResNets.Cifar(name, 18, options),
            ["resnet18"] = (name, options) => ResNets.ImageNet(name, ResidualBlockKind.Basic, [2, 2, 2, 2], options),
            ["resnet34"] = (name, options) => ResNets.ImageNet(name, ResidualBlockKind.Basic, [3, 4, 6, 3], options),
            ["resnet50"] = (name, options) => ResNets.ImageNet(name, ResidualBlockKind.Bottleneck, [3, 4, 6, 3], options),
            ["resnet101"] = (name, options) => ResNets.ImageNet(name, ResidualBlockKind.Bottleneck, [3, 4, 23, 3], options),
            ["resnet152"] = (name, options) => ResNets.ImageNet(name, ResidualBlockKind.Bottleneck, [3, 8, 36, 3], options),
            ["resnet50-nl5"] = (name, options) => ResNets.WithAttention(name, [3, 4, 6, 3], NonLocalPlacements.Five, options),
            ["resnet50-nl10"] = (name, options) => ResNets.WithAttention(name, [3, 4, 6, 3], NonLocalPlacements.Ten, options),
        };

    /// <summary>All names.</summary>
    public static IReadOnlyCollection<string> Names => Factories.Keys;

    /// <summary>Makes a model.</summary>
    /// <param name="name">One of <see cref="Names"/>; upper and lower case alike.</param>
    /// <param name="options">What differs from the published model; null: nothing.</param>
    /// <exception cref="ArgumentException">No such name (the nearest is suggested), or options that do not fit.</exception>
    public static ImageClassifier Create(string name, ModelOptions? options = null) =>
        Factories.TryGetValue(name, out Func<string, ModelOptions, ImageClassifier>? create)
            ? create(name.ToLowerInvariant(), options ?? new ModelOptions())
            : throw new ArgumentException($"There is no model '{name}'.{NearestName.Hint(name, Names)}");
}
