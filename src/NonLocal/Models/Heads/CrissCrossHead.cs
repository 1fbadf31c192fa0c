using NonLocal.Attention;

namespace NonLocal.Models.Heads;

/// <summary>
/// A fully convolutional head with criss-cross attention, called <c>cca</c>: open-mmlab/mmsegmentation's CCHead. See
/// <see cref="CrissCrossAttention"/>.
/// </summary>
public sealed class CrissCrossHead : FcnHead
{
    /// <summary>A head whose attention has mmcv's names.</summary>
    /// <param name="options">The head's shape.</param>
    /// <param name="recurrence">How often the attention is applied.</param>
    /// <exception cref="ArgumentException">Numbers out of range, or other than two convolutions.</exception>
    public CrissCrossHead(FcnHeadOptions options, int recurrence = 2)
        : base(options, "cca", channels => new CrissCrossAttention(
            channels, new CrissCrossOptions { Recurrence = recurrence, Preset = CrissCrossPreset.Mmcv }))
    {
    }

    /// <summary>The attention.</summary>
    public CrissCrossAttention Attention => (CrissCrossAttention)Between!;
}
