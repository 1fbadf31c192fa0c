using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models;

/// <summary>
/// Residual networks of clips, C2D and I3D (Wang et al., arXiv 1711.07971, section 4), with attention at any stage.
/// </summary>
/// <remarks>
/// Convolutions are those of a network of pictures, over one frame each (C2D) or over several where they are inflated (I3D); max pooling
/// after the stem and after the first stage shortens time, and the mean over time and space is classified. Names in the state dict are
/// torchvision's; those of SlowFast, mmaction2 and video-nonlocal-net are read as well.
/// </remarks>
public sealed class VideoResNet : ResidualNetwork
{
    private readonly VideoResNetOptions options;
    private readonly Conv conv1;
    private readonly BatchNorm bn1;
    private readonly Dropout dropout;
    private readonly Linear classifier;

    /// <summary>A network: clips [batch, frames, height, width, channels] to logits [batch, classes].</summary>
    /// <param name="options">Its shape.</param>
    /// <param name="info">What goes with its weights.</param>
    /// <exception cref="ArgumentException">Lists of different lengths, or a placement where there is no stage or block.</exception>
    public VideoResNet(VideoResNetOptions options, ModelInfo info)
        : base(info, options.Classes, options.Blocks, options.Attention)
    {
        int stages = options.Blocks.Count;
        if (stages == 0 || options.Planes.Count < stages || options.Strides.Count < stages)
        {
            throw new ArgumentException(
                $"{stages} stages need as many planes and strides; there are {options.Planes.Count} and {options.Strides.Count}.");
        }

        this.options = options;
        Shape padding = [.. options.StemKernel.Select(length => length / 2)];
        conv1 = Register("conv1", new Conv(
            options.InputChannels, options.StemChannels, options.StemKernel, options.StemStride, padding,
            bias: false, initializer: Initializers.KaimingNormalFanOut));
        bn1 = Register("bn1", new BatchNorm(options.StemChannels));
        int channels = AddStages(options.Block, options.StemChannels, BlockOptions);
        dropout = Register("dropout", new Dropout(options.Dropout));
        classifier = Register("fc", new Linear(
            channels, options.Classes, initializer: Initializers.Normal(0.01), biasInitializer: Initializers.Zeros));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = Pool(bn1.Forward(conv1.Forward(x)).Relu(), options.FirstPool);
        y = Pool(Stage(0, y), options.SecondPool);
        for (int stage = 1; stage < options.Blocks.Count; stage++)
        {
            y = Stage(stage, y);
        }

        Value features = y.Mean(1, 2, 3).Reshape([y.Shape[0], y.Shape.Last]);
        return classifier.Forward(dropout.Forward(features));
    }

    private static Value Pool(Value x, ConvolutionGeometry? window) => window is { } geometry ? x.MaxPool(geometry) : x;

    private ResidualBlockOptions BlockOptions(int stage, int block, int channels, IReadOnlyList<AttentionPlacement> attention)
    {
        bool inflated = VideoResNetOptions.IsInflated(stage, block);
        return new ResidualBlockOptions(
            channels,
            options.Planes[stage],
            block == 0 ? options.Strides[stage] : 1,
            ZeroInitialize: options.ZeroInitializeResidual,
            Initializer: Initializers.KaimingNormalFanOut,
            Attention: attention,
            Times: (Frames(Inflation.FirstConvolution, inflated), Frames(Inflation.SecondConvolution, inflated)),
            StridesFirst: options.StridesFirst);
    }

    private int Frames(Inflation convolution, bool inflated) => inflated && options.Inflation == convolution ? 3 : 1;
}
