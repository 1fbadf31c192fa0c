namespace NonLocal.Vision.Datasets.Clips;

/// <summary>What <see cref="ClipSet.Open(string, ClipSetOptions?, ReadLimits?)"/> has to know beside the path.</summary>
public sealed record ClipSetOptions
{
    /// <summary>The folder that the paths of a list are relative to. Null, the default: the list's own.</summary>
    public string? Root { get; init; }

    /// <summary>
    /// The names of the classes. Null, the default: those of the data, or the numbers themselves. A list may hold names instead of
    /// numbers; their numbers are then the places here, and without this the places in ordinal order. Class folders have their names.
    /// </summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>
    /// A CSV file whose column "fold" says for every clip, one a line in the set's order, in which part it is. Null, the default: no parts.
    /// </summary>
    public string? Folds { get; init; }

    /// <summary>Which part of <see cref="Folds"/>. Default 0.</summary>
    public int Fold { get; init; }

    /// <summary>Take the clips of that part, to evaluate; false, the default: all others, to learn from.</summary>
    public bool InsideFold { get; init; }
}
