using System.Globalization;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models;

/// <summary>
/// Residual networks (He et al., 2015) with torchvision's names and, with <see cref="ResNetStem.Cifar"/>, those of akamaster's
/// networks for CIFAR;
/// with attention at any stage.
/// </summary>
public sealed class ResNet : ImageClassifier
{
    private readonly ResNetOptions options;
    private readonly Conv conv1;
    private readonly BatchNorm bn1;
    private readonly List<Layer> body = [];
    private readonly Linear classifier;

    /// <summary>A residual network: pictures [batch, height, width, 3] to logits [batch, classes].</summary>
    /// <param name="options">Its shape.</param>
    /// <param name="info">What goes with its weights.</param>
    /// <exception cref="ArgumentException">Lists of different lengths, or a placement where there is no stage or block.</exception>
    public ResNet(ResNetOptions options, ModelInfo info)
        : base(info, options.Classes)
    {
        Check(options);
        this.options = options;
        bool large = options.Stem == ResNetStem.ImageNet;
        conv1 = Register("conv1", large
            ? new Conv(3, options.StemChannels, [7, 7], [2, 2], [3, 3], bias: false, initializer: FirstWeights)
            : new Conv(3, options.StemChannels, [3, 3], padding: [1, 1], bias: false, initializer: FirstWeights));
        bn1 = Register("bn1", new BatchNorm(options.StemChannels));
        int channels = options.StemChannels;
        for (int stage = 0; stage < options.Blocks.Count; stage++)
        {
            channels = AddStage(stage, channels);
        }

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

        foreach (Layer part in body)
        {
            y = part.Forward(y);
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

        foreach (AttentionPlacement placement in options.Attention)
        {
            if (placement.Stage < 1 || placement.Stage > stages)
            {
                throw new ArgumentException($"attention was asked for after stage {placement.Stage}; the stages are 1 to {stages}.");
            }

            int blocks = options.Blocks[placement.Stage - 1];
            if (placement.AfterBlocks is { } after && after.Any(block => block < 0 || block >= blocks))
            {
                throw new ArgumentException(
                    $"attention was asked for after blocks {string.Join(", ", after)} of stage {placement.Stage}; "
                    + $"its blocks are 0 to {blocks - 1}.");
            }
        }
    }

    private int AddStage(int stage, int channels)
    {
        AttentionPlacement[] placements =
            [.. options.Attention.Where(placement => placement.Stage == stage + 1 && !placement.IsInside)];
        List<(string Name, Layer Layer)> layers = [];
        for (int block = 0; block < options.Blocks[stage]; block++)
        {
            layers.Add((block.ToString(CultureInfo.InvariantCulture), CreateBlock(stage, block, channels)));
            channels = options.Planes[stage] * (options.Block == ResidualBlockKind.Basic ? 1 : Bottleneck.Expansion);
            foreach (AttentionPlacement placement in placements.Where(placement => placement.AfterBlocks?.Contains(block) == true))
            {
                layers.Add((string.Create(CultureInfo.InvariantCulture, $"{placement.Name ?? "nl"}{block}"), placement.Create(channels)));
            }
        }

        string number = (stage + 1).ToString(CultureInfo.InvariantCulture);
        body.Add(Register($"layer{number}", new Sequential([.. layers])));
        foreach (AttentionPlacement placement in placements.Where(placement => placement.AfterBlocks is null))
        {
            body.Add(Register(placement.Name ?? $"nl{number}", placement.Create(channels)));
        }

        return channels;
    }

    private Layer CreateBlock(int stage, int block, int channels)
    {
        bool keepsDilation = block == 0 && stage > 0 && options.FirstBlockKeepsDilation;
        ResidualBlockOptions blockOptions = new(
            channels,
            options.Planes[stage],
            block == 0 ? options.Strides[stage] : 1,
            options.Dilations[keepsDilation ? stage - 1 : stage],
            options.Shortcut,
            options.ZeroInitializeResidual,
            FirstWeights,
            [.. options.Attention.Where(placement => placement.IsInsideBlock(stage + 1, block))]);
        return options.Block == ResidualBlockKind.Basic ? new BasicBlock(blockOptions) : new Bottleneck(blockOptions);
    }
}
