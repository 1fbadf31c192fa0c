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

    /// <summary>Non-local blocks in a network of clips, after the residual blocks that the paper and the released code name.</summary>
    /// <remarks>
    /// One block: before the last residual block of the third stage. Five: two in the second stage and three in the third, after every
    /// other residual block, or after every seventh where the third stage has 23. Ten: four and six; with 23 residual blocks, which ones
    /// is not published: the three of five blocks and three between them.
    /// </remarks>
    /// <param name="count">0, 1, 5 or 10.</param>
    /// <param name="blocks">Residual blocks in each stage.</param>
    /// <param name="options">Of the block, by its channels.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another number of blocks.</exception>
    public static IReadOnlyList<AttentionPlacement> InVideo(int count, IReadOnlyList<int> blocks, Func<int, NonLocalOptions> options)
    {
        bool deep = blocks[2] == 23;
        (int[] Second, int[] Third) after = count switch
        {
            0 => ([], []),
            1 => ([], [blocks[2] - 2]),
            5 => (EveryOther(blocks[1], 2), deep ? [6, 13, 20] : EveryOther(blocks[2], 3)),
            10 => (EveryOther(blocks[1], 4), deep ? [3, 6, 10, 13, 17, 20] : EveryOther(blocks[2], 6)),
            _ => throw new ArgumentOutOfRangeException(nameof(count), count, "The paper has networks with 0, 1, 5 and 10 blocks."),
        };
        return
        [
            .. new[] { (Stage: 2, Blocks: after.Second), (Stage: 3, Blocks: after.Third) }
                .Where(stage => stage.Blocks.Length > 0)
                .Select(stage => new AttentionPlacement(
                    stage.Stage, channels => new NonLocalBlock(channels, options(channels)), stage.Blocks)),
        ];
    }

    // As many as asked for, evenly, the last one after the last residual block.
    private static int[] EveryOther(int blocks, int count) =>
        [.. Enumerable.Range(1, count).Select(index => (index * blocks / count) - 1)];
}
