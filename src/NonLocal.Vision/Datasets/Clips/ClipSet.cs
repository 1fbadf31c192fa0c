using NonLocal.Formats;
using NonLocal.Vision.Processes;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>
/// Labelled clips, found by number: what <see cref="PictureSet"/> is for pictures. Labels are known before any clip is opened. All members
/// may be called from many threads at once.
/// </summary>
public abstract class ClipSet
{
    /// <summary>What the clips lie in, in a few words, such as "class folders of clips".</summary>
    public abstract string Kind { get; }

    /// <summary>How many clips there are, at least 1.</summary>
    public abstract int Count { get; }

    /// <summary>The names of the classes, by label; the numbers themselves where the data has no names.</summary>
    public abstract IReadOnlyList<string> ClassNames { get; }

    /// <summary>The class of clip <paramref name="index"/>, 0 up to the number of class names.</summary>
    public abstract int Label(int index);

    /// <summary>Where clip <paramref name="index"/> comes from, for messages: a file, a folder, or a file and the place in it.</summary>
    public abstract string Source(int index);

    /// <summary>The clips that are known to be unusable, each with one sentence that starts with its source; mostly none.</summary>
    public virtual IReadOnlyList<(int Index, string Problem)> Problems => [];

    /// <summary>Whether clips are files that are decoded when they are read, so that a <see cref="ClipCache"/> saves work.</summary>
    public virtual bool IsOnDisk => false;

    /// <summary>Opens clip <paramref name="index"/>; frames are decoded when they are read. The caller closes it.</summary>
    /// <exception cref="FileFormatException">The clip is corrupt or over a limit; the message starts with its source.</exception>
    /// <exception cref="ProgramMissingException">The clip needs ffmpeg, which is not installed.</exception>
    /// <exception cref="IOException">Its file has gone or cannot be read.</exception>
    public abstract VideoSource Open(int index);

    /// <summary>Opens labelled clips.</summary>
    /// <param name="path">
    /// A folder of class folders that hold clips (files, or folders of frames); a list file with one clip a line, its path and its class
    /// (<see cref="ListedClips"/>); or an idx file of clips [clips, frames, rows, columns], whose labels lie beside it, with "labels-idx1"
    /// in place of "clips-idx4" in the name.
    /// </param>
    /// <param name="options">What a list needs beside itself, or null for the defaults.</param>
    /// <param name="limits">What a file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <exception cref="FileFormatException">The data is corrupt or over a limit, or has an empty class.</exception>
    /// <exception cref="IOException">The path is missing or cannot be read.</exception>
    public static ClipSet Open(string path, ClipSetOptions? options = null, ReadLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new();
        limits ??= ReadLimits.Default;
        ClipSet set = Directory.Exists(path) ? ClipFiles.OfFolder(path, options.ClassNames, limits)
            : IsIdx(path) ? IdxClips.Read(path, limits)
            : ListedClips.Read(path, options, limits);
        if (options.ClassNames is { } names && !set.ClassNames.SequenceEqual(names))
        {
            set = new NamedClips(set, names);
        }

        return options.Folds is { } folds ? ChosenClips.OfFold(set, folds, options.Fold, options.InsideFold, limits) : set;
    }

    /// <summary>
    /// Whether a path looks like clips to <see cref="Open(string, ClipSetOptions?, ReadLimits?)"/>, and not like pictures.
    /// </summary>
    /// <param name="path">Anything; one that is missing is known by its name.</param>
    public static bool Recognizes(string path)
    {
        if (!Directory.Exists(path))
        {
            return path.Contains("clips-idx", StringComparison.Ordinal)
                || ListedClips.Endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);
        }

        return Directory.EnumerateDirectories(path)
            .Where(folder => !Path.GetFileName(folder).StartsWith('.'))
            .Any(folder => Directory.EnumerateFileSystemEntries(folder).Any(ClipFiles.IsClip));
    }

    private static bool IsIdx(string path) => InputFile.Read(path, file =>
    {
        Span<byte> start = stackalloc byte[4];
        int read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        bool isGzip = read >= 2 && start[0] == 0x1F && start[1] == 0x8B;
        return isGzip || (read == start.Length && start is [0, 0, 8, 4]);
    });
}
