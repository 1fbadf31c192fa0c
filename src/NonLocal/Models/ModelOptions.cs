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

    /// <summary>Start with the last norm of every residual block at 0.</summary>
    public bool ZeroInitializeResidual { get; init; }

    /// <summary>
    /// For stages 2, 3 and 4: dilate instead of stepping, so that the map stays large (torchvision's
    /// <c>replace_stride_with_dilation</c>). Only for networks of
    /// bottlenecks.
    /// </summary>
    public IReadOnlyList<bool>? ReplaceStrideWithDilation { get; init; }
}
