using NonLocal.Attention;

namespace NonLocal.Models;

/// <summary>Non-local blocks in residual networks.</summary>
public static class NonLocalPlacements
{
    /// <summary>Non-local blocks after chosen residual blocks of a stage.</summary>
    /// <param name="stage">1 to the number of stages; the paper's res3 is stage 2.</param>
    /// <param name="afterBlocks">Numbers (from 0) of the residual blocks that they follow; null: one block after the stage.</param>
    /// <param name="preset">Whose details and names the blocks have.</param>
    /// <param name="pairwise">The function; null: the preset's default.</param>
    public static AttentionPlacement At(
        int stage,
        IReadOnlyList<int>? afterBlocks = null,
        NonLocalPreset preset = NonLocalPreset.AlexHex7,
        Pairwise? pairwise = null) =>
        new(stage, channels => new NonLocalBlock(channels, NonLocalPresets.Options(preset, channels, pairwise)), afterBlocks);

    /// <summary>
    /// The paper's five blocks in a ResNet of bottlenecks (Wang et al., section 5.1): two in res3 and three in res4, after every other
    /// residual block.
    /// </summary>
    public static IReadOnlyList<AttentionPlacement> Five { get; } = [At(2, [1, 3]), At(3, [1, 3, 5])];

    /// <summary>The paper's ten blocks: after every residual block of res3 and res4, in a ResNet-50.</summary>
    public static IReadOnlyList<AttentionPlacement> Ten { get; } = [At(2, [0, 1, 2, 3]), At(3, [0, 1, 2, 3, 4, 5])];
}
