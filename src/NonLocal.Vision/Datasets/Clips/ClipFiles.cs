using NonLocal.Formats;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>Clips that are files, or folders of frames.</summary>
internal sealed class ClipFiles : ClipSet
{
    private static readonly string[] Endings =
        [".y4m", ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".ogv", ".3gp", ".ts"];

    private readonly IReadOnlyList<(string Path, int Label)> clips;
    private readonly ReadLimits limits;

    /// <summary>Clips with their classes. Those that are missing are <see cref="ClipSet.Problems"/>.</summary>
    public ClipFiles(string kind, IReadOnlyList<string> classNames, IReadOnlyList<(string Path, int Label)> clips, ReadLimits limits)
    {
        Kind = kind;
        ClassNames = classNames;
        this.clips = clips;
        this.limits = limits;
        Problems =
        [
            .. Enumerable.Range(0, clips.Count)
                .Where(index => !Path.Exists(clips[index].Path))
                .Select(index => (index, $"{clips[index].Path}: there is no such file or folder")),
        ];
    }

    /// <inheritdoc/>
    public override string Kind { get; }

    /// <inheritdoc/>
    public override int Count => clips.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<(int Index, string Problem)> Problems { get; }

    /// <inheritdoc/>
    public override bool IsOnDisk => true;

    /// <summary>
    /// The class folders of a folder. Classes, and clips within a class, are sorted ordinally; names that begin with a dot and files that
    /// are no videos by their ending are passed over.
    /// </summary>
    /// <param name="path">The folder.</param>
    /// <param name="classNames">All classes in their order, of which some may have no folder; null: those that have one.</param>
    /// <param name="limits">What a clip may ask for.</param>
    /// <exception cref="FileFormatException">There are none, one holds no clips, or one is none of the classes.</exception>
    public static ClipFiles OfFolder(string path, IReadOnlyList<string>? classNames, ReadLimits limits)
    {
        string[] folders =
        [
            .. Directory.EnumerateDirectories(path)
                .Where(folder => !Path.GetFileName(folder).StartsWith('.'))
                .OrderBy(folder => Path.GetFileName(folder), StringComparer.Ordinal),
        ];
        string[] names = [.. classNames ?? folders.Select(folder => Path.GetFileName(folder))];
        List<(string Path, int Label)> clips = [];
        foreach (string folder in folders)
        {
            string name = Path.GetFileName(folder);
            int label = Array.IndexOf(names, name);
            if (label < 0)
            {
                throw new FileFormatException($"the class folder \"{name}\" is none of the {names.Length} classes", path);
            }

            int before = clips.Count;
            clips.AddRange(Directory.EnumerateFileSystemEntries(folder)
                .Where(IsClip)
                .OrderBy(clip => Path.GetFileName(clip), StringComparer.Ordinal)
                .Select(clip => (clip, label)));
            if (clips.Count == before)
            {
                throw new FileFormatException(
                    $"the class folder \"{name}\" holds no clips ({string.Join(", ", Endings)}, or folders of frames)", path);
            }
        }

        return clips.Count > 0
            ? new("class folders of clips", names, clips, limits)
            : throw new FileFormatException("there are no class folders with clips in it", path);
    }

    /// <summary>Whether a path in a class folder is a clip: a file with a video's ending, or a folder with a picture.</summary>
    public static bool IsClip(string path)
    {
        string name = Path.GetFileName(path);
        return !name.StartsWith('.')
            && (Directory.Exists(path)
                ? Directory.EnumerateFiles(path).Any(PictureFile.IsNamedLikeOne)
                : Endings.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase));
    }

    /// <inheritdoc/>
    public override int Label(int index) => clips[index].Label;

    /// <inheritdoc/>
    public override string Source(int index) => clips[index].Path;

    /// <inheritdoc/>
    public override VideoSource Open(int index) => VideoFile.Open(clips[index].Path, limits);
}
