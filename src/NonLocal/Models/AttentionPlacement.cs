using NonLocal.Layers;

namespace NonLocal.Models;

/// <summary>Where attention goes into a residual network.</summary>
/// <remarks>
/// Names in the state dict: after residual blocks, <c>layer{stage}.{name}{block}.…</c> (with block 1 of stage 3:
/// <c>layer3.nl1.theta.weight</c>), so that
/// the residual blocks keep the numbers they have without attention and published weights still fit. In PyTorch that is an
/// <c>nn.Sequential</c> of an ordered dictionary with the keys
/// 0, 1, nl1, 2, …. After the whole stage, <c>{name}.…</c> beside <c>layer{stage}</c>.
/// </remarks>
/// <param name="Stage">1 to the number of stages.</param>
/// <param name="Create">Makes one attention layer for a number of channels; it must keep the shape.</param>
/// <param name="AfterBlocks">
/// Numbers (from 0) of the residual blocks it follows, each with a layer of its own; null: one layer after the stage.
/// </param>
/// <param name="Name">The name in the state dict; null: <c>nl</c> after blocks, <c>nl{stage}</c> after the stage.</param>
public sealed record AttentionPlacement(int Stage, Func<int, Layer> Create, IReadOnlyList<int>? AfterBlocks = null, string? Name = null);
