using NonLocal.Layers;

namespace NonLocal.Models;

/// <summary>Where attention stands with regard to the residual blocks of its stage.</summary>
public enum AttentionPosition
{
    /// <summary>Behind residual blocks (after their last ReLU) or behind the stage: a layer of its own.</summary>
    BehindBlock,

    /// <summary>Inside each, after its first convolution, norm and ReLU.</summary>
    AfterFirstConvolution,

    /// <summary>Inside each bottleneck, after its second convolution, norm and ReLU: before the last 1×1.</summary>
    AfterSecondConvolution,

    /// <summary>
    /// Inside each, after its last convolution and norm, before the shortcut is added: GCNet's <c>after1x1</c>, mmdetection's
    /// <c>after_conv3</c>.
    /// </summary>
    BeforeSum,

    /// <summary>Inside each, after the shortcut was added, before the last ReLU: GCNet's <c>afterAdd</c>.</summary>
    AfterSum,
}

/// <summary>Where attention goes into a residual network.</summary>
/// <remarks>
/// Names in the state dict: after residual blocks, <c>layer{stage}.{name}{block}.…</c> (with block 1 of stage 3:
/// <c>layer3.nl1.theta.weight</c>), so that
/// the residual blocks keep the numbers they have without attention and published weights still fit. In PyTorch that is an
/// <c>nn.Sequential</c> of an ordered dictionary with the keys
/// 0, 1, nl1, 2, …, or, where <see cref="IsNumbered"/>, a plain one. After the whole stage, <c>{name}.…</c> beside
/// <c>layer{stage}</c>. Inside residual blocks, <c>layer{stage}.{block}.{name}.…</c>.
/// </remarks>
/// <param name="Stage">1 to the number of stages.</param>
/// <param name="Create">Makes one attention layer for a number of channels; it must keep the shape.</param>
/// <param name="AfterBlocks">
/// Numbers (from 0) of the residual blocks it follows or is inside of, each with a layer of its own; null: one layer after the stage, or
/// inside every block.
/// </param>
/// <param name="Name">
/// The name in the state dict; null: <c>nl</c> after and inside blocks, <c>nl{stage}</c> after the stage.
/// </param>
/// <param name="Position">Behind residual blocks or inside them.</param>
public sealed record AttentionPlacement(
    int Stage,
    Func<int, Layer> Create,
    IReadOnlyList<int>? AfterBlocks = null,
    string? Name = null,
    AttentionPosition Position = AttentionPosition.BehindBlock)
{
    /// <summary>
    /// Whether a layer after a residual block takes the next number in the stage, and the residual blocks behind it one more each, as in
    /// code that inserts into an <c>nn.Sequential</c>; <see cref="Name"/> is not used then. Weights that were published without attention
    /// still fit. Default: false.
    /// </summary>
    public bool IsNumbered { get; init; }

    /// <summary>Whether it stands inside residual blocks.</summary>
    internal bool IsInside => Position != AttentionPosition.BehindBlock;

    /// <summary>Whether it goes into a residual block.</summary>
    /// <param name="stage">From 1.</param>
    /// <param name="block">From 0.</param>
    internal bool IsInsideBlock(int stage, int block) => IsInside && Stage == stage && AfterBlocks?.Contains(block) != false;
}
