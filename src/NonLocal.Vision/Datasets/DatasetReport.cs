namespace NonLocal.Vision.Datasets;

/// <summary>What was found when every picture of a set was decoded once.</summary>
/// <param name="Kind">What the pictures lie in: <see cref="PictureSet.Kind"/>.</param>
/// <param name="ClassNames">The names of the classes, by label.</param>
/// <param name="Counts">Pictures of each class, the bad ones included.</param>
/// <param name="Sizes">How many pictures have each size, width × height × channels; sorted by size.</param>
/// <param name="Problems">What is wrong with the set as a whole, a sentence each.</param>
/// <param name="Bad">The pictures that cannot be used, each with one sentence that starts with its source.</param>
/// <param name="Unusual">Pictures that can be used but differ in size from nearly all others, with a sentence each.</param>
public sealed record DatasetReport(
    string Kind,
    IReadOnlyList<string> ClassNames,
    IReadOnlyList<int> Counts,
    IReadOnlyList<((int Width, int Height, int Channels) Size, int Count)> Sizes,
    IReadOnlyList<string> Problems,
    IReadOnlyList<(int Index, string Problem)> Bad,
    IReadOnlyList<(int Index, string Problem)> Unusual)
{
    /// <summary>Whether the set and every picture can be used.</summary>
    public bool IsGood => Problems.Count == 0 && Bad.Count == 0;
}
