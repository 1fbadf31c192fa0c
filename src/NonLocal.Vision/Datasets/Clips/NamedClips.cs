using NonLocal.Formats;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>A set whose classes have numbers, with names in their place.</summary>
internal sealed class NamedClips : ClipSet
{
    private readonly ClipSet set;

    /// <summary>Gives names.</summary>
    /// <exception cref="FileFormatException">There are fewer names than classes.</exception>
    public NamedClips(ClipSet set, IReadOnlyList<string> names)
    {
        this.set = set;
        ClassNames = names.Count >= set.ClassNames.Count
            ? names
            : throw new FileFormatException(
                $"there are {set.ClassNames.Count} classes, but {names.Count} names are given for them", set.Source(0));
    }

    /// <inheritdoc/>
    public override string Kind => set.Kind;

    /// <inheritdoc/>
    public override bool IsOnDisk => set.IsOnDisk;

    /// <inheritdoc/>
    public override int Count => set.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<(int Index, string Problem)> Problems => set.Problems;

    /// <inheritdoc/>
    public override int Label(int index) => set.Label(index);

    /// <inheritdoc/>
    public override string Source(int index) => set.Source(index);

    /// <inheritdoc/>
    public override VideoSource Open(int index) => set.Open(index);
}
