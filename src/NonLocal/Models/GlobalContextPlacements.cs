using NonLocal.Attention;

namespace NonLocal.Models;

/// <summary>Global context and squeeze-and-excitation blocks in residual networks.</summary>
public static class GlobalContextPlacements
{
    /// <summary>A block inside every residual block of some stages.</summary>
    /// <param name="stages">From 1; the paper's c3 to c5 are stages 2 to 4.</param>
    /// <param name="options">Null: GCNet's defaults.</param>
    /// <param name="position">Where inside; the paper's default is before the sum (<c>after1x1</c>).</param>
    public static IReadOnlyList<AttentionPlacement> In(
        IReadOnlyList<int> stages, GlobalContextOptions? options = null, AttentionPosition position = AttentionPosition.BeforeSum) =>
    [
        .. stages.Select(stage => new AttentionPlacement(
            stage, channels => new GlobalContextBlock(channels, options), Name: "context_block", Position: position)),
    ];

    /// <summary>GCNet's final models: inside every residual block of c3 to c5, before the sum, ratio 1/16.</summary>
    public static IReadOnlyList<AttentionPlacement> Everywhere { get; } = In([2, 3, 4]);

    /// <summary>Squeeze and excitation inside every residual block of all four stages, before the sum.</summary>
    public static IReadOnlyList<AttentionPlacement> SqueezeExcitation { get; } =
    [
        .. Enumerable.Range(1, 4).Select(stage => new AttentionPlacement(
            stage, channels => new SqueezeExcitationBlock(channels), Name: "se", Position: AttentionPosition.BeforeSum)),
    ];
}
