using NonLocal.Attention;
using NonLocal.Layers;

namespace NonLocal.Models.Heads;

/// <summary>
/// A fully convolutional head with a non-local block, called <c>nl_block</c>: open-mmlab/mmsegmentation's NLHead. See
/// <see cref="NonLocalBlock"/>.
/// </summary>
public sealed class NonLocalHead : FcnHead
{
    /// <summary>A head whose block has mmcv's names and details.</summary>
    /// <param name="options">The head's shape.</param>
    /// <param name="reduction">The block's inner width is the head's channels over this, at least 1.</param>
    /// <param name="scale">Whether the embedded Gaussian's scores are divided by the root of the inner width.</param>
    /// <param name="pairwise">How pairs of positions are weighted.</param>
    /// <exception cref="ArgumentException">Numbers out of range, or other than two convolutions.</exception>
    public NonLocalHead(
        FcnHeadOptions options, int reduction = 2, bool scale = true, Pairwise pairwise = Pairwise.EmbeddedGaussian)
        : base(options, "nl_block", channels => Block(channels, options.Norm, reduction, scale, pairwise))
    {
    }

    /// <summary>The block.</summary>
    public NonLocalBlock Attention => (NonLocalBlock)Between!;

    private static NonLocalBlock Block(int channels, ConvModuleNorm? norm, int reduction, bool scale, Pairwise pairwise)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(reduction, 1);
        NonLocalOptions options = NonLocalPresets.Options(NonLocalPreset.Mmcv, channels, pairwise);
        return new NonLocalBlock(channels, options with
        {
            InnerChannels = Math.Max(channels / reduction, 1),
            LogitScale = scale ? options.LogitScale : LogitScale.None,
            Norm = norm is not null,
            NormEpsilon = norm?.Epsilon ?? options.NormEpsilon,
        });
    }
}
