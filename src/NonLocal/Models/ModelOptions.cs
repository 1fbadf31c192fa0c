namespace NonLocal.Models;

/// <summary>What can be chosen about a model of the registry.</summary>
public sealed record ModelOptions
{
    /// <summary>Outputs of the classifier; null: as published (or as many as there are labels).</summary>
    public int? Classes { get; init; }

    /// <summary>Class names; null: those of the published data set when the number of classes is its own.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Attention between the residual blocks.</summary>
    public IReadOnlyList<AttentionPlacement> Attention { get; init; } = [];

    /// <summary>
    /// Start with the last norm of every residual block at 0. Null: as published, which is yes for the networks of clips but mmaction2's.
    /// </summary>
    public bool? ZeroInitializeResidual { get; init; }

    /// <summary>Channels of the pictures: 3 for colours, 1 for grey ones.</summary>
    public int InputChannels { get; init; } = ModelInfo.Colours;

    /// <summary>Networks of clips: the share of features that training drops before the classifier; null: as published.</summary>
    public double? Dropout { get; init; }

    /// <summary>
    /// Norms use their running statistics in training too, and do not change them: for fine-tuning in small batches. Scales and shifts are
    /// learned all the same.
    /// </summary>
    public bool FreezeNorms { get; init; }

    /// <summary>
    /// For stages 2, 3 and 4: dilate instead of stepping, so that the map stays large (torchvision's
    /// <c>replace_stride_with_dilation</c>). Only for networks of
    /// bottlenecks.
    /// </summary>
    public IReadOnlyList<bool>? ReplaceStrideWithDilation { get; init; }

    /// <summary>Outputs of the classifier: as chosen, as there are labels, or as published.</summary>
    /// <exception cref="ArgumentException">No classes, or labels of another number.</exception>
    internal int ClassesOr(int published)
    {
        int classes = Classes ?? Labels?.Count ?? published;
        if (classes < 1)
        {
            throw new ArgumentException($"a classifier needs at least 1 class, not {classes}.");
        }

        return Labels is null || Labels.Count == classes
            ? classes
            : throw new ArgumentException($"{Labels.Count} labels cannot name {classes} classes.");
    }
}
