using NonLocal.Formats;

namespace NonLocal.Vision.Datasets;

/// <summary>What was found when every picture of a set was decoded once.</summary>
/// <param name="ClassNames">The names of the classes, by label.</param>
/// <param name="Counts">Pictures of each class, the bad ones included.</param>
/// <param name="Sizes">How many pictures have each size, width × height × channels; sorted by size.</param>
/// <param name="Bad">The pictures that cannot be used, each with one sentence that starts with its source.</param>
public sealed record DatasetReport(
    IReadOnlyList<string> ClassNames,
    IReadOnlyList<int> Counts,
    IReadOnlyList<((int Width, int Height, int Channels) Size, int Count)> Sizes,
    IReadOnlyList<(int Index, string Problem)> Bad)
{
    /// <summary>Whether every picture can be used.</summary>
    public bool IsGood => Bad.Count == 0;
}

/// <summary>Checks a data set before hours are spent on it.</summary>
public static class DatasetCheck
{
    /// <summary>Opens a data set and decodes every picture once.</summary>
    /// <param name="path">What <see cref="PictureSet.Open"/> takes.</param>
    /// <param name="width">The width that every picture has to have, or null where any will do.</param>
    /// <param name="height">The height that every picture has to have, or null where any will do.</param>
    /// <param name="limits">What a file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <exception cref="FileFormatException">The set itself cannot be opened: see <see cref="PictureSet.Open"/>.</exception>
    /// <exception cref="IOException">The path is missing or cannot be read.</exception>
    public static DatasetReport Verify(string path, int? width = null, int? height = null, ReadLimits? limits = null) =>
        Verify(PictureSet.Open(path, limits), width, height);

    /// <summary>Decodes every picture of a set once. See <see cref="Verify(string, int?, int?, ReadLimits?)"/>.</summary>
    /// <param name="set">The pictures.</param>
    /// <param name="width">The width that every picture has to have, or null where any will do.</param>
    /// <param name="height">The height that every picture has to have, or null where any will do.</param>
    public static DatasetReport Verify(PictureSet set, int? width = null, int? height = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        int[] counts = new int[set.ClassNames.Count];
        SortedDictionary<(int Width, int Height, int Channels), int> sizes = [];
        List<(int Index, string Problem)> bad = [];
        for (int i = 0; i < set.Count; i++)
        {
            counts[set.Label(i)]++;
            try
            {
                Pictures.Picture picture = set.Read(i);
                (int Width, int Height, int Channels) size = (picture.Width, picture.Height, picture.Channels);
                sizes[size] = sizes.GetValueOrDefault(size) + 1;
                if (size.Width != (width ?? size.Width) || size.Height != (height ?? size.Height))
                {
                    bad.Add((i, $"{set.Source(i)}: the picture has {size.Width} x {size.Height} pixels, "
                        + $"expected {width ?? size.Width} x {height ?? size.Height}"));
                }
            }
            catch (IOException error)
            {
                bad.Add((i, error.Message));
            }
        }

        List<((int Width, int Height, int Channels) Size, int Count)> found = [];
        foreach (KeyValuePair<(int Width, int Height, int Channels), int> size in sizes)
        {
            found.Add((size.Key, size.Value));
        }

        return new(set.ClassNames, counts, found, bad);
    }
}
