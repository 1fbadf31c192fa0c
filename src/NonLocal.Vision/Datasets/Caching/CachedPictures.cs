using NonLocal.Formats;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Datasets.Caching;

/// <summary>The pictures of a cache that is whole. They stay on the disk; the system keeps in memory what there is room for.</summary>
internal sealed class CachedPictures : PictureSet
{
    private readonly CacheFile file;
    private readonly SortedDictionary<int, string> problems;

    private CachedPictures(CacheFile file, SortedDictionary<int, string> problems)
    {
        this.file = file;
        this.problems = problems;
        Problems = [.. problems.Select(problem => (problem.Key, problem.Value))];
    }

    /// <inheritdoc/>
    public override string Kind => "a cache of decoded pictures";

    /// <inheritdoc/>
    public override int Count => file.Header.Labels.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames => file.Header.ClassNames;

    /// <inheritdoc/>
    public override IReadOnlyList<(int Index, string Problem)> Problems { get; }

    /// <summary>The set of a file; null where any of its chunks is damaged. Takes the file.</summary>
    public static CachedPictures? TryOpen(CacheFile file, int threads)
    {
        SortedDictionary<int, string> problems = [];
        bool whole = true;
        Parallelism.Run(file.Chunks, threads, chunk =>
        {
            bool found = file.IsWhole(chunk, out List<(int Index, string Problem)> bad);
            lock (problems)
            {
                whole &= found;
                foreach ((int index, string problem) in bad)
                {
                    problems.Add(index, problem);
                }
            }
        });
        if (whole)
        {
            return new(file, problems);
        }

        file.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public override int Label(int index) => file.Header.Labels[index];

    /// <inheritdoc/>
    public override string Source(int index) => file.Header.Sources[index];

    /// <inheritdoc/>
    public override Picture Read(int index) => problems.TryGetValue(index, out string? problem)
        ? throw new FileFormatException(problem)
        : new(file.Header.Width, file.Header.Height, 3, file.Samples(index));
}
