using NonLocal.Layers;

namespace NonLocal.Models.Heads;

/// <summary>What a head reads of the maps that a backbone gives.</summary>
public enum HeadInput
{
    /// <summary>One map.</summary>
    Single,

    /// <summary>Several maps, resized to the first and concatenated along the channels.</summary>
    Concatenated,

    /// <summary>Several maps, each for itself: only for heads that say so.</summary>
    Several,
}

/// <summary>What segmentation heads have in common; names and defaults of open-mmlab/mmsegmentation's BaseDecodeHead.</summary>
public record DecodeHeadOptions
{
    /// <summary>Channels of each map that is read, in the order of <see cref="InputIndices"/>.</summary>
    public required IReadOnlyList<int> InputChannels { get; init; }

    /// <summary>Channels inside the head.</summary>
    public required int Channels { get; init; }

    /// <summary>Outputs of the classifier.</summary>
    public required int Classes { get; init; }

    /// <summary>What is read. Default: one map.</summary>
    public HeadInput Input { get; init; } = HeadInput.Single;

    /// <summary>Which of the backbone's maps are read; negative numbers count from the end. Default: the last.</summary>
    public IReadOnlyList<int> InputIndices { get; init; } = [-1];

    /// <summary>Whether resizing maps (and, outside the head, its logits) keeps the corners where they are. Default: no.</summary>
    public bool AlignCorners { get; init; }

    /// <summary>Share of channels that training drops before the classifier. Default: 0.1.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>The norm after convolutions; null: none. Default: batch norm, which all published configurations have.</summary>
    public ConvModuleNorm? Norm { get; init; } = new();
}
