using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Datasets;

/// <summary>A set whose pictures are brought to one size and to RGB when they are read.</summary>
/// <param name="set">Pictures of any size.</param>
/// <param name="fit">How.</param>
public sealed class FittedPictures(PictureSet set, PictureFit fit) : PictureSet
{
    /// <inheritdoc/>
    public override string Kind => set.Kind;

    /// <inheritdoc/>
    public override int Count => set.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames => set.ClassNames;

    /// <inheritdoc/>
    public override int Label(int index) => set.Label(index);

    /// <inheritdoc/>
    public override string Source(int index) => set.Source(index);

    /// <inheritdoc/>
    public override Picture Read(int index) => fit.Apply(set.Read(index));
}
