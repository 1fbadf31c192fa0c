using NonLocal.Vision.Processes;

namespace NonLocal.Vision.Datasets;

/// <summary>Checks a data set before hours are spent on it.</summary>
public static class DatasetCheck
{
    private const int PiecePictures = 64;

    // Where so many of a hundred pictures have one size, the others are worth a line.
    private const int NearlyAll = 90;

    /// <summary>Decodes every picture of a set once.</summary>
    /// <param name="set">The pictures.</param>
    /// <param name="width">The width that every picture has to have, or null where any will do.</param>
    /// <param name="height">The height that every picture has to have, or null where any will do.</param>
    /// <param name="classes">
    /// How many classes there have to be, or null. An idx file, which does not say how many it has, may have fewer.
    /// </param>
    /// <param name="progress">Told how many pictures are decoded, and of how many, by one thread at a time.</param>
    /// <param name="threads">How many threads decode, or null for one for each core. Changes no result.</param>
    /// <exception cref="ProgramMissingException">Pictures need ffmpeg, which is not installed.</exception>
    public static DatasetReport Verify(
        PictureSet set,
        int? width = null,
        int? height = null,
        int? classes = null,
        Action<int, int>? progress = null,
        int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        (int Width, int Height, int Channels)?[] sizes = new (int, int, int)?[set.Count];
        string?[] bad = new string?[set.Count];
        Lock gate = new();
        int done = 0;
        int pieces = (set.Count + PiecePictures - 1) / PiecePictures;
        Parallelism.Run(pieces, threads ?? Environment.ProcessorCount, piece =>
        {
            int first = piece * PiecePictures;
            int count = Math.Min(PiecePictures, set.Count - first);
            foreach ((int index, Pictures.Picture? picture, IOException? problem) in set.ReadMany(first, count))
            {
                sizes[index] = picture is null ? null : (picture.Width, picture.Height, picture.Channels);
                bad[index] = problem?.Message ?? WrongSize(set.Source(index), picture!, width, height);
            }

            lock (gate)
            {
                done += count;
                progress?.Invoke(done, set.Count);
            }
        });

        int[] counts = new int[set.ClassNames.Count];
        for (int i = 0; i < set.Count; i++)
        {
            int label = set.Label(i);
            counts[label]++;
            if (label >= classes)
            {
                bad[i] ??= $"{set.Source(i)}: the label is {label}, expected 0 to {classes - 1}";
            }
        }

        string[] problems = classes is { } expected && expected != counts.Length && set.Kind != DecodedPictures.IdxKind
            ? [$"the set has {counts.Length} classes, expected {expected}"]
            : [];
        List<((int Width, int Height, int Channels) Size, int Count)> found =
            [.. sizes.OfType<(int Width, int Height, int Channels)>().CountBy(size => size).Select(size => (size.Key, size.Value)).Order()];
        return new(set.Kind, set.ClassNames, counts, found, problems, Numbered(bad), Unusual(set, sizes, found));
    }

    private static string? WrongSize(string source, Pictures.Picture picture, int? width, int? height)
    {
        (int expectedWidth, int expectedHeight) = (width ?? picture.Width, height ?? picture.Height);
        return (picture.Width, picture.Height) == (expectedWidth, expectedHeight)
            ? null
            : $"{source}: the picture has {picture.Width} x {picture.Height} pixels, expected {expectedWidth} x {expectedHeight}";
    }

    private static (int Index, string Problem)[] Unusual(
        PictureSet set,
        (int Width, int Height, int Channels)?[] sizes,
        List<((int Width, int Height, int Channels) Size, int Count)> found)
    {
        if (found.Count < 2)
        {
            return [];
        }

        ((int Width, int Height, int Channels) most, int count) = found.MaxBy(size => size.Count);
        if (count * 100L < sizes.Length * (long)NearlyAll)
        {
            return [];
        }

        string?[] lines = new string?[sizes.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] is { } size && size != most)
            {
                lines[i] = $"{set.Source(i)}: the picture is {size.Width} x {size.Height} x {size.Channels}, "
                    + $"nearly all others are {most.Width} x {most.Height} x {most.Channels}";
            }
        }

        return Numbered(lines);
    }

    private static (int Index, string Problem)[] Numbered(string?[] sentences) =>
        [.. Enumerable.Range(0, sentences.Length).Where(i => sentences[i] is not null).Select(i => (i, sentences[i]!))];
}
