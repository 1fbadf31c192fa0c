namespace NonLocal.Models;

/// <summary>The published families of residual networks.</summary>
internal static class ResNets
{
    private const int CifarSide = 32;
    private const int ImageNetSide = 224;
    private const int ImageNetShorterSide = 256;
    private const int ImageNetClasses = 1000;

    /// <summary>
    /// akamaster/pytorch_resnet_cifar10: three stages of basic blocks, shortcuts of option A, classifier called <c>linear</c>.
    /// </summary>
    public static ResNet Cifar(string name, int blocks, ModelOptions options)
    {
        if (options.ReplaceStrideWithDilation is not null)
        {
            throw new ArgumentException($"{name} is made of basic blocks, which cannot dilate instead of stepping.");
        }

        int classes = options.ClassesOr(ModelInfo.CifarLabels.Count);
        ResNetOptions shape = new()
        {
            Blocks = [blocks, blocks, blocks],
            Planes = [16, 32, 64],
            Stem = ResNetStem.Cifar,
            InputChannels = options.InputChannels,
            StemChannels = 16,
            Shortcut = ShortcutKind.PaddedIdentity,
            Classes = classes,
            ClassifierName = "linear",
            ZeroInitializeResidual = options.ZeroInitializeResidual ?? false,
            Attention = options.Attention,
        };
        IReadOnlyList<string> labels = options.Labels ?? (classes == ModelInfo.CifarLabels.Count ? ModelInfo.CifarLabels : []);
        return new ResNet(shape, Info(name, CifarSide, null, labels).WithChannels(options.InputChannels));
    }

    /// <summary>torchvision: four stages.</summary>
    public static ResNet ImageNet(string name, ResidualBlockKind block, IReadOnlyList<int> blocks, ModelOptions options)
    {
        ResNetOptions shape = new()
        {
            Block = block,
            Blocks = blocks,
            InputChannels = options.InputChannels,
            Classes = options.ClassesOr(ImageNetClasses),
            ZeroInitializeResidual = options.ZeroInitializeResidual ?? false,
            Attention = options.Attention,
        };
        shape = Dilated(name, shape, options.ReplaceStrideWithDilation);
        ModelInfo info = Info(name, ImageNetSide, ImageNetShorterSide, options.Labels ?? []);
        return new ResNet(shape, info.WithChannels(options.InputChannels));
    }

    /// <summary>torchvision's networks of bottlenecks with attention where the name says, and where the options say besides.</summary>
    public static ResNet WithAttention(
        string name, IReadOnlyList<int> blocks, IReadOnlyList<AttentionPlacement> attention, ModelOptions options) =>
        ImageNet(name, ResidualBlockKind.Bottleneck, blocks, options with { Attention = [.. attention, .. options.Attention] });

    private static ModelInfo Info(string name, int side, int? shorterSide, IReadOnlyList<string> labels) =>
        new(name, side, side, ModelInfo.ImageNetMean, ModelInfo.ImageNetDeviation, labels, shorterSide);

    private static ResNetOptions Dilated(string name, ResNetOptions shape, IReadOnlyList<bool>? replace)
    {
        if (replace is null)
        {
            return shape;
        }

        if (replace.Count != shape.Blocks.Count - 1 || shape.Block == ResidualBlockKind.Basic)
        {
            throw new ArgumentException(
                $"{name}: dilation in place of strides takes {shape.Blocks.Count - 1} choices and a network of bottlenecks.");
        }

        int[] strides = [.. shape.Strides];
        int[] dilations = [.. shape.Dilations];
        for (int stage = 1; stage < strides.Length; stage++)
        {
            dilations[stage] = dilations[stage - 1] * (replace[stage - 1] ? strides[stage] : 1);
            strides[stage] = replace[stage - 1] ? 1 : strides[stage];
        }

        return shape with { Strides = strides, Dilations = dilations };
    }
}
