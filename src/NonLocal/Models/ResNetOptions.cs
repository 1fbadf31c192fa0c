namespace NonLocal.Models;

/// <summary>The two residual blocks of He et al. (2015).</summary>
public enum ResidualBlockKind
{
    /// <summary>Two 3×3 convolutions.</summary>
    Basic,

    /// <summary>1×1 down, 3×3, 1×1 up to four times the planes; the stride is on the 3×3, as in torchvision.</summary>
    Bottleneck,
}

/// <summary>How a residual block's input reaches its output when the shapes differ.</summary>
public enum ShortcutKind
{
    /// <summary>A 1×1 convolution and a norm, called <c>downsample</c>.</summary>
    Projection,

    /// <summary>Option A of the paper: every second position, and channels of zeros on both sides. No parameters.</summary>
    PaddedIdentity,
}

/// <summary>What comes before the first stage.</summary>
public enum ResNetStem
{
    /// <summary>7×7 with stride 2, norm, ReLU, 3×3 max pooling with stride 2.</summary>
    ImageNet,

    /// <summary>3×3, norm, ReLU.</summary>
    Cifar,
}

/// <summary>The shape of a <see cref="ResNet"/>. Lists have one entry for each stage.</summary>
public sealed record ResNetOptions
{
    /// <summary>The residual block.</summary>
    public ResidualBlockKind Block { get; init; } = ResidualBlockKind.Basic;

    /// <summary>Residual blocks in each stage.</summary>
    public required IReadOnlyList<int> Blocks { get; init; }

    /// <summary>Channels of the 3×3 convolutions in each stage.</summary>
    public IReadOnlyList<int> Planes { get; init; } = [64, 128, 256, 512];

    /// <summary>The stride with which each stage begins.</summary>
    public IReadOnlyList<int> Strides { get; init; } = [1, 2, 2, 2];

    /// <summary>The dilation of each stage's 3×3 convolutions.</summary>
    public IReadOnlyList<int> Dilations { get; init; } = [1, 1, 1, 1];

    /// <summary>
    /// True: the first block of a stage has the dilation of the stage before, which is torchvision's rule where a dilation replaced a
    /// stride.
    /// </summary>
    public bool FirstBlockKeepsDilation { get; init; } = true;

    /// <summary>What comes before the first stage.</summary>
    public ResNetStem Stem { get; init; } = ResNetStem.ImageNet;

    /// <summary>Channels of a picture.</summary>
    public int InputChannels { get; init; } = ModelInfo.Colours;

    /// <summary>Channels of the stem.</summary>
    public int StemChannels { get; init; } = 64;

    /// <summary>How shortcuts change shape.</summary>
    public ShortcutKind Shortcut { get; init; } = ShortcutKind.Projection;

    /// <summary>Outputs of the classifier.</summary>
    public int Classes { get; init; } = 1000;

    /// <summary>The classifier's name in the state dict.</summary>
    public string ClassifierName { get; init; } = "fc";

    /// <summary>Start with the last norm of every residual block at 0, so that each block begins as its shortcut.</summary>
    public bool ZeroInitializeResidual { get; init; }

    /// <summary>Attention between the residual blocks.</summary>
    public IReadOnlyList<AttentionPlacement> Attention { get; init; } = [];
}
