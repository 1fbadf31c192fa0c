using NonLocal.Layers;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models;

/// <summary>
/// Residual networks (He et al., 2015) with torchvision's names and, with <see cref="ResNetStem.Cifar"/>, those of akamaster's
/// networks for CIFAR;
/// with attention at any stage.
/// </summary>
public sealed class ResNet : ResidualNetwork
{
    private readonly ResNetOptions options;
    private readonly Conv conv1;
    private readonly BatchNorm bn1;
    private readonly Linear classifier;

    /// <summary>A residual network: pictures [batch, height, width, channels] to logits [batch, classes].</summary>
    /// <param name="options">Its shape.</param>
    /// <param name="info">What goes with its weights.</param>
    /// <exception cref="ArgumentException">Lists of different lengths, or a placement where there is no stage or block.</exception>
    public ResNet(ResNetOptions options, ModelInfo info)
        : base(info, options.Classes, options.Blocks, options.Attention)
    {
        Check(options);
        this.options = options;
        bool large = options.Stem == ResNetStem.ImageNet;
        conv1 = Register("conv1", large
            ? new Conv(options.InputChannels, options.StemChannels, [7, 7], [2, 2], [3, 3], bias: false, initializer: FirstWeights)
            : new Conv(options.InputChannels, options.StemChannels, [3, 3], padding: [1, 1], bias: false, initializer: FirstWeights));
        bn1 = Register("bn1", new BatchNorm(options.StemChannels));
        int channels = AddStages(options.Block, options.StemChannels, BlockOptions);
        classifier = Register(options.ClassifierName, new Linear(channels, options.Classes, initializer: large ? null : FirstWeights));
    }

    // torchvision spreads by the outputs of a convolution, akamaster by the inputs (and the classifier likewise).
    private Initializer FirstWeights =>
        options.Stem == ResNetStem.ImageNet ? Initializers.KaimingNormalFanOut : Initializers.KaimingNormalFanIn;

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = bn1.Forward(conv1.Forward(x)).Relu();
        if (options.Stem == ResNetStem.ImageNet)
        {
            y = y.MaxPool(ConvolutionGeometry.Create([3, 3], [2, 2], [1, 1]));
        }

        for (int stage = 0; stage < options.Blocks.Count; stage++)
        {
            y = Stage(stage, y);
        }

        return classifier.Forward(y.Mean(1, 2).Reshape([y.Shape[0], y.Shape.Last]));
    }

    private static void Check(ResNetOptions options)
    {
        int stages = options.Blocks.Count;
        if (stages == 0 || options.Planes.Count < stages || options.Strides.Count < stages || options.Dilations.Count < stages)
        {
            throw new ArgumentException(
                $"{stages} stages need as many planes, strides and dilations; there are {options.Planes.Count}, "
                + $"{options.Strides.Count} and {options.Dilations.Count}.");
        }
    }

    private ResidualBlockOptions BlockOptions(int stage, int block, int channels, IReadOnlyList<AttentionPlacement> attention)
    {
        bool keepsDilation = block == 0 && stage > 0 && options.FirstBlockKeepsDilation;
        return new ResidualBlockOptions(
            channels,
            options.Planes[stage],
            block == 0 ? options.Strides[stage] : 1,
            options.Dilations[keepsDilation ? stage - 1 : stage],
            options.Shortcut,
            options.ZeroInitializeResidual,
            FirstWeights,
            attention);
    }
}
