using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Datasets;

/// <summary>The first pictures of every class of a set, in the set's order: a smaller set with the same classes.</summary>
public sealed class FirstOfEachClass : PictureSet
{
    private readonly PictureSet set;
    private readonly int[] chosen;

    /// <summary>Chooses pictures.</summary>
    /// <param name="set">Of all pictures.</param>
    /// <param name="count">How many of each class, at least 1; classes that have fewer give all.</param>
    public FirstOfEachClass(PictureSet set, int count)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        this.set = set;
        int[] taken = new int[set.ClassNames.Count];
        chosen = [.. Enumerable.Range(0, set.Count).Where(index => ++taken[set.Label(index)] <= count)];
    }

    /// <inheritdoc/>
    public override string Kind => set.Kind;

    /// <inheritdoc/>
    public override int Count => chosen.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames => set.ClassNames;

    /// <inheritdoc/>
    public override int Label(int index) => set.Label(chosen[index]);

    /// <inheritdoc/>
    public override string Source(int index) => set.Source(chosen[index]);

    /// <inheritdoc/>
    public override Picture Read(int index) => set.Read(chosen[index]);
}
