using System.Globalization;
using NonLocal.Layers;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models;

/// <summary>
/// What residual networks of pictures and of clips share: stages of residual blocks called <c>layer1</c>, <c>layer2</c>, …, with attention
/// between the blocks, inside them or after a stage.
/// </summary>
public abstract class ResidualNetwork : Classifier
{
    private readonly IReadOnlyList<int> blocks;
    private readonly IReadOnlyList<AttentionPlacement> attention;
    private readonly List<List<Layer>> stages = [];

    /// <summary>A network without any stage yet.</summary>
    /// <param name="info">What goes with its weights.</param>
    /// <param name="classes">How many outputs there are.</param>
    /// <param name="blocks">Residual blocks in each stage.</param>
    /// <param name="attention">Where attention goes.</param>
    /// <exception cref="ArgumentException">A placement where there is no stage or block.</exception>
    private protected ResidualNetwork(
        ModelInfo info, int classes, IReadOnlyList<int> blocks, IReadOnlyList<AttentionPlacement> attention)
        : base(info, classes)
    {
        this.blocks = blocks;
        this.attention = attention;
        foreach (AttentionPlacement placement in attention)
        {
            Check(placement);
        }
    }

    /// <summary>The shape of a residual block.</summary>
    /// <param name="stage">From 0.</param>
    /// <param name="block">From 0.</param>
    /// <param name="channels">Channels that come in.</param>
    /// <param name="attention">What stands inside.</param>
    private protected delegate ResidualBlockOptions BlockShape(
        int stage, int block, int channels, IReadOnlyList<AttentionPlacement> attention);

    /// <summary>Registers all stages.</summary>
    /// <param name="kind">The residual block.</param>
    /// <param name="channels">Channels of the stem.</param>
    /// <param name="shape">Of each block.</param>
    /// <returns>The last stage's channels.</returns>
    private protected int AddStages(ResidualBlockKind kind, int channels, BlockShape shape)
    {
        for (int stage = 0; stage < blocks.Count; stage++)
        {
            channels = AddStage(stage, kind, channels, shape);
        }

        return channels;
    }

    /// <summary>Sends a map through a stage and the attention after it.</summary>
    /// <param name="stage">From 0.</param>
    /// <param name="x">The map.</param>
    private protected Value Stage(int stage, Value x) => stages[stage].Aggregate(x, (map, part) => part.Forward(map));

    private int AddStage(int stage, ResidualBlockKind kind, int channels, BlockShape shape)
    {
        AttentionPlacement[] placements = [.. attention.Where(placement => placement.Stage == stage + 1 && !placement.IsInside)];
        List<(string Name, Layer Layer)> layers = [];
        int next = 0;
        string Next() => next++.ToString(CultureInfo.InvariantCulture);
        for (int block = 0; block < blocks[stage]; block++)
        {
            ResidualBlockOptions one = shape(
                stage, block, channels, [.. attention.Where(placement => placement.IsInsideBlock(stage + 1, block))]);
            layers.Add((Next(), kind == ResidualBlockKind.Basic ? new BasicBlock(one) : new Bottleneck(one)));
            channels = one.Planes * (kind == ResidualBlockKind.Basic ? 1 : Bottleneck.Expansion);
            foreach (AttentionPlacement placement in placements.Where(placement => placement.AfterBlocks?.Contains(block) == true))
            {
                string name = placement.IsNumbered
                    ? Next() : string.Create(CultureInfo.InvariantCulture, $"{placement.Name ?? "nl"}{block}");
                layers.Add((name, placement.Create(channels)));
            }
        }

        string number = (stage + 1).ToString(CultureInfo.InvariantCulture);
        List<Layer> parts = [Register($"layer{number}", new Sequential([.. layers]))];
        foreach (AttentionPlacement placement in placements.Where(placement => placement.AfterBlocks is null))
        {
            parts.Add(Register(placement.Name ?? $"nl{number}", placement.Create(channels)));
        }

        stages.Add(parts);
        return channels;
    }

    private void Check(AttentionPlacement placement)
    {
        if (placement.Stage < 1 || placement.Stage > blocks.Count)
        {
            throw new ArgumentException($"attention was asked for after stage {placement.Stage}; the stages are 1 to {blocks.Count}.");
        }

        int count = blocks[placement.Stage - 1];
        if (placement.AfterBlocks is { } after && after.Any(block => block < 0 || block >= count))
        {
            throw new ArgumentException(
                $"attention was asked for after blocks {string.Join(", ", after)} of stage {placement.Stage}; "
                + $"its blocks are 0 to {count - 1}.");
        }
    }
}
