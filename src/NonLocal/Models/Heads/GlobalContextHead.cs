using NonLocal.Attention;

namespace NonLocal.Models.Heads;

/// <summary>
/// A fully convolutional head with a global context block, called <c>gc_block</c>: open-mmlab/mmsegmentation's GCHead. See
/// <see cref="GlobalContextBlock"/>.
/// </summary>
public sealed class GlobalContextHead : FcnHead
{
    /// <summary>A head.</summary>
    /// <param name="options">The head's shape.</param>
    /// <param name="block">The block's options; null: mmsegmentation's, which are GCNet's with a ratio of 1/4.</param>
    /// <exception cref="ArgumentException">Numbers out of range, or other than two convolutions.</exception>
    public GlobalContextHead(FcnHeadOptions options, GlobalContextOptions? block = null)
        : base(options, "gc_block", channels => new GlobalContextBlock(channels, block ?? new GlobalContextOptions { Ratio = 1.0 / 4 }))
    {
    }

    /// <summary>The block.</summary>
    public GlobalContextBlock Attention => (GlobalContextBlock)Between!;
}
