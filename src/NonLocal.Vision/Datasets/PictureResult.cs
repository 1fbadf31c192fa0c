using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Datasets;

/// <summary>What became of one picture among many.</summary>
/// <param name="Index">The picture's number in its set.</param>
/// <param name="Picture">The picture, or null where it cannot be read.</param>
/// <param name="Problem">Why not: what reading it alone would have thrown.</param>
public readonly record struct PictureResult(int Index, Picture? Picture, IOException? Problem)
{
    internal static PictureResult Of(int index, Func<int, Picture> read)
    {
        try
        {
            return new(index, read(index), null);
        }
        catch (IOException error)
        {
            return new(index, null, error);
        }
    }
}
