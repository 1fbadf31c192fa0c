using NonLocal.Vision.Processes;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>Checks a set of clips before hours are spent on it.</summary>
public static class ClipCheck
{
    /// <summary>Decodes every frame of every clip once.</summary>
    /// <param name="set">The clips.</param>
    /// <param name="classes">How many classes there have to be, or null. An idx file may have fewer.</param>
    /// <param name="progress">Told how many clips are decoded, and of how many, by one thread at a time.</param>
    /// <param name="threads">How many threads decode, or null for one for each core. Changes no result.</param>
    /// <exception cref="ProgramMissingException">Clips need ffmpeg, which is not installed.</exception>
    public static DatasetReport Verify(ClipSet set, int? classes = null, Action<int, int>? progress = null, int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        (int Width, int Height, int Channels)?[] sizes = new (int, int, int)?[set.Count];
        string?[] bad = new string?[set.Count];
        foreach ((int index, string problem) in set.Problems)
        {
            bad[index] = problem;
        }

        Lock gate = new();
        int done = 0;
        Parallelism.Run(set.Count, threads ?? Environment.ProcessorCount, index =>
        {
            if (bad[index] is null)
            {
                (sizes[index], bad[index]) = Decode(set, index);
            }

            lock (gate)
            {
                progress?.Invoke(++done, set.Count);
            }
        });

        int[] counts = new int[set.ClassNames.Count];
        for (int i = 0; i < set.Count; i++)
        {
            counts[set.Label(i)]++;
        }

        return new(
            set.Kind,
            set.ClassNames,
            counts,
            [.. sizes.OfType<(int, int, int)>().CountBy(size => size).Select(size => (size.Key, size.Value)).Order()],
            Problems(set, classes),
            [.. Enumerable.Range(0, set.Count).Where(index => bad[index] is not null).Select(index => (index, bad[index]!))],
            []);
    }

    private static ((int Width, int Height, int Channels)? Size, string? Problem) Decode(ClipSet set, int index)
    {
        try
        {
            using VideoSource video = set.Open(index);
            foreach (VideoClip piece in CachedClip.Pieces(video))
            {
                _ = piece.Count;
            }

            return ((video.Width, video.Height, 3), null);
        }
        catch (ProgramMissingException)
        {
            throw;
        }
        catch (IOException error)
        {
            string source = set.Source(index);
            return (null, error.Message.StartsWith(source, StringComparison.Ordinal) ? error.Message : $"{source}: {error.Message}");
        }
    }

    private static string[] Problems(ClipSet set, int? classes)
    {
        int found = set.ClassNames.Count;
        return classes is { } expected && (set is IdxClips ? found > expected : found != expected)
            ? [$"the set has {found} classes, expected {expected}"] : [];
    }
}
