using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NonLocal.Formats;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>A set whose videos are read from a folder of decoded ones.</summary>
internal sealed class CachedClips : ClipSet
{
    // Raised when the same file decodes to other frames than before.
    private const int DecoderVersion = 1;

    private readonly ClipSet set;
    private readonly int shorterSide;
    private readonly string folder;
    private readonly string?[] problems;
    private readonly bool[] known;

    /// <summary>A folder that need not be there yet.</summary>
    public CachedClips(ClipSet set, int shorterSide, string folder)
    {
        this.set = set;
        this.shorterSide = shorterSide;
        this.folder = folder;
        problems = new string?[set.Count];
        known = new bool[set.Count];
        foreach ((int index, string problem) in set.Problems)
        {
            (problems[index], known[index]) = (problem, true);
        }
    }

    /// <inheritdoc/>
    public override string Kind => set.Kind;

    /// <inheritdoc/>
    public override int Count => set.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames => set.ClassNames;

    /// <inheritdoc/>
    public override IReadOnlyList<(int Index, string Problem)> Problems =>
        [.. Enumerable.Range(0, Count).Where(index => problems[index] is not null).Select(index => (index, problems[index]!))];

    /// <summary>Looks which videos are decoded.</summary>
    /// <returns>Whether all are, or are known to be bad.</returns>
    public bool Look()
    {
        for (int index = 0; index < Count; index++)
        {
            if (!known[index] && TryOpen(Identity(index)) is { } found)
            {
                using CachedClip clip = found;
                (problems[index], known[index]) = (clip.Problem, true);
            }
        }

        return !known.Contains(false);
    }

    /// <summary>Decodes what is not decoded.</summary>
    public void Decode(Action<int, int>? progress, int threads)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException($"{folder}: making the cache's folder is not permitted", error);
        }

        using FileStream only = Lock();
        AtomicFile.RemoveLeftovers(folder);
        Lock gate = new();
        int done = 0;
        Parallelism.Run(Count, threads, index =>
        {
            if (!known[index])
            {
                Decode(index);
            }

            lock (gate)
            {
                progress?.Invoke(++done, Count);
            }
        });
    }

    /// <inheritdoc/>
    public override int Label(int index) => set.Label(index);

    /// <inheritdoc/>
    public override string Source(int index) => set.Source(index);

    /// <inheritdoc/>
    public override VideoSource Open(int index)
    {
        if (problems[index] is { } problem)
        {
            throw new FileFormatException(problem);
        }

        return TryOpen(Identity(index)) ?? throw new IOException($"{Source(index)}: the cached video has gone or was changed; run again");
    }

    private void Decode(int index)
    {
        string? problem = null;
        string identity = Identity(index);
        try
        {
            using VideoSource video = set.Open(index);
            CachedClip.Write(FileOf(identity), identity, video, shorterSide);
        }
        catch (FileFormatException error)
        {
            // A file that cannot be opened today may be readable tomorrow: only bad content is remembered.
            problem = error.Path is null ? error.In(Source(index)).Message : error.Message;
            CachedClip.Write(FileOf(identity), identity, problem);
        }

        (problems[index], known[index]) = (problem, true);
    }

    // Open for nobody else, and free again when this process ends in whatever way.
    private FileStream Lock()
    {
        string path = Path.Combine(folder, "lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"{path}: the cache cannot be filled; another run may be filling it, or the folder is not writable "
                + $"({error.Message.ReplaceLineEndings(" ")})",
                error);
        }
    }

    private CachedClip? TryOpen(string identity) => CachedClip.TryOpen(FileOf(identity), identity);

    // Not named by number, so that the parts of a set, such as folds, share what is decoded.
    private string FileOf(string identity) => Path.Combine(folder, identity[..32]);

    private string Identity(int index)
    {
        string source = set.Source(index);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Append(FormattableString line) => hash.AppendData(Encoding.UTF8.GetBytes(line.ToString(CultureInfo.InvariantCulture) + "\n"));
        Append($"{DecoderVersion} {shorterSide}");
        string[] files = Directory.Exists(source) ? [.. Directory.EnumerateFiles(source).Order(StringComparer.Ordinal)] : [source];
        foreach (string file in files)
        {
            FileInfo info = new(file);
            Append($"{info.FullName}\0{(info.Exists ? info.Length : -1)} {info.LastWriteTimeUtc.Ticks}");
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
