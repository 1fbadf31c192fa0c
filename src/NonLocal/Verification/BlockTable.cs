using NonLocal.Verification.Blocks;

namespace NonLocal.Verification;

/// <summary>What files can ask for: one line a block, under the name that the published implementation has.</summary>
internal static class BlockTable
{
    private static readonly Dictionary<string, Action<BlockCase>> Builders = new()
    {
        ["Conv1d"] = block => Convolutions.Convolution(block, 1),
        ["Conv2d"] = block => Convolutions.Convolution(block, 2),
        ["Conv3d"] = block => Convolutions.Convolution(block, 3),
        ["Linear"] = Products.Linear,
        ["BatchNorm1d"] = Norms.BatchNorm,
        ["BatchNorm2d"] = Norms.BatchNorm,
        ["BatchNorm3d"] = Norms.BatchNorm,
        ["LayerNorm"] = Norms.LayerNorm,
        ["GroupNorm"] = Norms.GroupNorm,
        ["InstanceNorm1d"] = Norms.InstanceNorm,
        ["InstanceNorm2d"] = Norms.InstanceNorm,
        ["InstanceNorm3d"] = Norms.InstanceNorm,
        ["MaxPool"] = Pools.Max,
        ["MaxPool1d"] = Pools.Max,
        ["MaxPool2d"] = Pools.Max,
        ["MaxPool3d"] = Pools.Max,
        ["AvgPool1d"] = Pools.Average,
        ["AvgPool2d"] = Pools.Average,
        ["AvgPool3d"] = Pools.Average,
        ["AdaptiveAvgPool1d"] = Pools.AdaptiveAverage,
        ["AdaptiveAvgPool2d"] = Pools.AdaptiveAverage,
        ["AdaptiveAvgPool3d"] = Pools.AdaptiveAverage,
        ["PSPModule"] = Pools.Pyramid,
        ["linear upsample"] = Resizes.Linear,
        ["bilinear upsample"] = Resizes.Linear,
        ["trilinear upsample"] = Resizes.Linear,
        ["nearest upsample"] = Resizes.Nearest,
        ["F.pad"] = Moves.Pad,
        ["softmax"] = Softmaxes.Softmax,
        ["log_softmax"] = Softmaxes.LogSoftmax,
        ["cross_entropy"] = Losses.CrossEntropy,
        ["bmm"] = Products.BatchMatrixProduct,
        ["matmul"] = Products.MatrixProduct,
        ["relu"] = Activations.Relu,
        ["leaky_relu"] = Activations.LeakyRelu,
        ["sigmoid"] = Activations.Sigmoid,
        ["tanh"] = Activations.HyperbolicTangent,
        ["gelu (erf)"] = Activations.Gelu,
        ["swish/SiLU"] = Activations.Swish,
        ["mse vs 0"] = Losses.MeanSquareAgainstZero,
        ["F.normalize"] = Activations.Normalize,
        ["EMAU._l2norm"] = Activations.NormalizeEmau,
        ["permute+reshape"] = Moves.PermuteReshape,
        ["NonLocalBlockND"] = NonLocalBlocks.AlexHex7,
        ["SelfAttention (seed 000)"] = SelfAttentions.WithGamma,
        ["SelfAttention (seed 003)"] = SelfAttentions.Plain,
        ["SNLUnit"] = SpectralStages.Unit,
        ["SNLUnit (seed 002)"] = SpectralStages.Unit,
        ["SNLUnit (SNL-MMSeg)"] = SpectralStages.SegmentationUnit,
        ["SNL Stage"] = SpectralStages.Stage,
        ["SNLStage (SNL-MMSeg)"] = SpectralStages.SegmentationStage,
        ["DoubleAttention"] = DoubleAttentions.Pictures,
        ["DoubleAttention (gjylt, K=1)"] = DoubleAttentions.Clips,
        ["DoubleAttention (gjylt, K=2)"] = DoubleAttentions.Clips,
        ["LightNL"] = LightNonLocals.AutoNL,
        ["LightNL (PyTorch port, DIVERGENT)"] = LightNonLocals.MobilenetSeries,
        ["_NonLocalBlockND (seed 004)"] = NonLocalBlocks.AlexHex7,
        ["mmcv.NonLocalNd"] = NonLocalBlocks.Mmcv,
        ["mmseg FCNHead"] = Heads.FullyConvolutional,
        ["mmseg NLHead"] = Heads.NonLocal,
        ["ContextBlock"] = GlobalContexts.ContextBlock,
        ["GCblock (seed 001)"] = GlobalContexts.Seed001,
        ["SELayer"] = GlobalContexts.SqueezeExcitation,
        ["mmseg GCHead"] = GlobalContexts.Head,
        ["PAM_Module"] = DualAttentions.Position,
        ["CAM_Module"] = DualAttentions.Channel,
        ["DANetHead"] = DualAttentions.DanetHead,
        ["mmseg PAM"] = DualAttentions.MmSegmentationPosition,
        ["mmseg CAM"] = DualAttentions.MmSegmentationChannel,
        ["mmseg DAHead"] = DualAttentions.MmSegmentationHead,
        ["DMSA (formula, NOT a reference implementation)"] = DualAttentions.MultiScale,
        ["BasicBlock"] = ResidualNetworks.Basic,
        ["Bottleneck"] = ResidualNetworks.Bottleneck,
        ["TinyResNet"] = ResidualNetworks.Network,
        ["TinyResNet dilated"] = ResidualNetworks.Network,
        ["TinyResNet + NonLocal after layer1"] = ResidualNetworks.Network,
        ["TinyResNet + NonLocal after layer2"] = ResidualNetworks.Network,
        ["TinyResNet + NonLocal after layer3"] = ResidualNetworks.Network,
        ["TinyResNet + NonLocal after layer4"] = ResidualNetworks.Network,
    };

    /// <summary>The names.</summary>
    public static IReadOnlyCollection<string> Names => Builders.Keys;

    /// <summary>The builder of a block.</summary>
    /// <exception cref="UnsupportedBlockException">There is none; the message names the nearest.</exception>
    public static Action<BlockCase> Find(string block) =>
        Builders.TryGetValue(block, out Action<BlockCase>? builder) ? builder
        : block.Length == 0 ? throw new UnsupportedBlockException("the file's metadata names no block.")
        : throw new UnsupportedBlockException($"block '{block}' is not known.{NearestName.Hint(block, Verifier.Blocks)}");
}
