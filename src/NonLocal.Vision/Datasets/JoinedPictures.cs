using NonLocal.Formats;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Datasets;

/// <summary>Several sets with the same classes, one after the other, such as the five files of CIFAR-10's training part.</summary>
public sealed class JoinedPictures : PictureSet
{
    private readonly IReadOnlyList<PictureSet> parts;
    private readonly int[] ends;

    /// <summary>Joins sets.</summary>
    /// <param name="parts">At least one.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    /// <exception cref="FileFormatException">Two have other classes.</exception>
    public JoinedPictures(IReadOnlyList<PictureSet> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count == 0)
        {
            throw new ArgumentException("no sets, expected at least one", nameof(parts));
        }

        this.parts = parts;
        ends = new int[parts.Count];
        for (int i = 0; i < parts.Count; i++)
        {
            if (!parts[i].ClassNames.SequenceEqual(parts[0].ClassNames))
            {
                throw new FileFormatException(
                    $"there are {parts[i].ClassNames.Count} classes that are not the {parts[0].ClassNames.Count} of the first set",
                    parts[i].Source(0));
            }

            ends[i] = checked((i == 0 ? 0 : ends[i - 1]) + parts[i].Count);
        }
    }

    /// <inheritdoc/>
    public override string Kind => parts[0].Kind;

    /// <inheritdoc/>
    public override int Count => ends[^1];

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames => parts[0].ClassNames;

    /// <inheritdoc/>
    public override int Label(int index) => Find(index, out int inside).Label(inside);

    /// <inheritdoc/>
    public override string Source(int index) => Find(index, out int inside).Source(inside);

    /// <inheritdoc/>
    public override Picture Read(int index) => Find(index, out int inside).Read(inside);

    private PictureSet Find(int index, out int inside)
    {
        int part = 0;
        while (index >= ends[part])
        {
            part++;
        }

        inside = index - (part == 0 ? 0 : ends[part - 1]);
        return parts[part];
    }
}
