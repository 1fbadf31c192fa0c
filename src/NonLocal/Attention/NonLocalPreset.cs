using NonLocal.Layers;

namespace NonLocal.Attention;

/// <summary>The published implementations of the non-local block: each has its own details and its own names of parameters.</summary>
public enum NonLocalPreset
{
    /// <summary>
    /// AlexHex7/Non-local_pytorch: no scale, pooling after φ and g, batch norm of scale 0. Names <c>g, W, theta, phi, concat_project</c>.
    /// </summary>
    AlexHex7,

    /// <summary>
    /// open-mmlab/mmcv: scale 1/√C′ (embedded Gaussian only), no pooling and no norm unless asked for, W_z without bias before a norm.
    /// Names <c>g.conv, conv_out.conv, conv_out.bn, theta.conv, phi.conv, concat_project.conv</c>.
    /// </summary>
    Mmcv,

    /// <summary>
    /// facebookresearch/SlowFast: dot product, or embedded Gaussian with scale 1/√C′; pooling before φ and g. Names
    /// <c>conv_theta, conv_phi, conv_g, conv_out, bn</c>.
    /// </summary>
    SlowFast,

    /// <summary>
    /// facebookresearch/video-nonlocal-net (Caffe2): embedded Gaussian with scale 1/√C′, pooling before φ and g. Names
    /// <c>theta, phi, g, out, bn</c>; see <see cref="NonLocalPresets.Caffe2Blob"/> for those of its blobs.
    /// </summary>
    VideoNonlocalNet,

    /// <summary>
    /// huggingface/pytorch-image-models NonLocalAttn: C/8 inner channels in steps of 8, scale 1/√C, no pooling. Names <c>t, p, g, z,
    /// norm</c>.
    /// </summary>
    Timm,
}

/// <summary>What the presets stand for.</summary>
public static class NonLocalPresets
{
    /// <summary>The options of a published implementation at its own defaults.</summary>
    /// <param name="preset">Which one.</param>
    /// <param name="channels">C, the channels of the map: timm derives its inner width from it.</param>
    /// <param name="pairwise">The function; null: the implementation's default.</param>
    public static NonLocalOptions Options(NonLocalPreset preset, int channels, Pairwise? pairwise = null)
    {
        NonLocalOptions options = new() { Preset = preset, Pairwise = pairwise ?? Pairwise.EmbeddedGaussian };
        return preset switch
        {
            NonLocalPreset.AlexHex7 => options with
            {
                Subsampling = Subsampling.AfterEmbedding,
                Weights = Initializers.FanInUniform,
                Biases = null,
            },
            NonLocalPreset.Mmcv => options with
            {
                LogitScale = ForEmbedded(options.Pairwise, LogitScale.InverseRootOfInnerChannels),
                Norm = false,
                BiasBeforeNorm = false,
                Weights = Initializers.Normal(0.01),
            },
            NonLocalPreset.SlowFast => options with
            {
                Pairwise = pairwise ?? Pairwise.DotProduct,
                LogitScale = ForEmbedded(pairwise ?? Pairwise.DotProduct, LogitScale.InverseRootOfInnerChannels),
                Subsampling = Subsampling.BeforeEmbedding,
                Weights = Initializers.Normal(0.01),
            },
            NonLocalPreset.VideoNonlocalNet => options with
            {
                LogitScale = ForEmbedded(options.Pairwise, LogitScale.InverseRootOfInnerChannels),
                Subsampling = Subsampling.BeforeEmbedding,
                NormEpsilon = 1.0000001e-5,
                Weights = Initializers.Normal(0.01),
            },
            NonLocalPreset.Timm => options with
            {
                LogitScale = ForEmbedded(options.Pairwise, LogitScale.InverseRootOfChannels),
                InnerChannels = StepsOfEight(channels / 8.0),
                Weights = Initializers.KaimingNormalFanOut,
            },
            _ => throw new ArgumentOutOfRangeException(nameof(preset), preset, "There is no such preset."),
        };
    }

    /// <summary>
    /// The Caffe2 blob of video-nonlocal-net that a parameter comes from: block <c>nonlocal_conv4_1</c>, key <c>theta.weight</c>.
    /// </summary>
    /// <param name="block">Prefix of the block's blobs.</param>
    /// <param name="key">The parameter's name in a block of the preset <see cref="NonLocalPreset.VideoNonlocalNet"/>.</param>
    /// <returns>Such as <c>nonlocal_conv4_1_theta_w</c>; null for what Caffe2 does not keep.</returns>
    public static string? Caffe2Blob(string block, string key)
    {
        string? suffix = key switch
        {
            "bn.weight" => "bn_s",
            "bn.bias" => "bn_b",
            "bn.running_mean" => "bn_rm",

            // Despite its name it holds the variance.
            "bn.running_var" => "bn_riv",
            "bn.num_batches_tracked" => null,
            _ => key.Replace(".weight", "_w", StringComparison.Ordinal).Replace(".bias", "_b", StringComparison.Ordinal),
        };
        return suffix is null ? null : $"{block}_{suffix}";
    }

    private static LogitScale ForEmbedded(Pairwise pairwise, LogitScale scale) =>
        pairwise == Pairwise.EmbeddedGaussian ? scale : LogitScale.None;

    // To the nearest multiple of 8, at least 8 and at least nine tenths of the width.
    private static int StepsOfEight(double width)
    {
        int steps = Math.Max(8, (int)(width + 4) / 8 * 8);
        return steps < 0.9 * width ? steps + 8 : steps;
    }
}
