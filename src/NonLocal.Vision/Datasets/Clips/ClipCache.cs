using System.Security.Cryptography;
using System.Text;
using NonLocal.Formats;
using NonLocal.Vision.Processes;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>Decodes every video of a set once, makes its frames smaller and keeps them on the disk for every later run.</summary>
/// <remarks>
/// <para>
/// Each video has a file of its own, which is there whole or not at all; so a run that was stopped at any moment goes on where it was. A
/// video is decoded again when its path, size or time of change (of a folder: those of its files) is another one; what was decoded before
/// stays until somebody deletes the folder. Every frame is compared with its SHA-256 when it is read.
/// </para>
/// <para>Frames are kept as they are, 3 bytes a pixel: a second of 30 frames of 340 × 256 is 7.8 MB.</para>
/// </remarks>
public static class ClipCache
{
    private const int LongestName = 60;

    /// <summary>Opens the cache of a set, after decoding what was not decoded before.</summary>
    /// <param name="set">The videos. One that lies in memory already is returned as it is.</param>
    /// <param name="name">What the set is called; its path. Parts of a set share what is decoded, sets of other names do not.</param>
    /// <param name="shorterSide">Frames whose shorter side is longer are resized to it; the others stay as they are.</param>
    /// <param name="folder">Where caches lie; made if it is missing.</param>
    /// <param name="progress">
    /// Told how many videos are looked through, and of how many, by one thread at a time. Not called where all are decoded.
    /// </param>
    /// <param name="threads">How many threads decode, or null for one for each core. Changes no result.</param>
    /// <returns>
    /// The same videos, labels and numbers. One that is corrupt keeps its place and label; it is named in <see cref="ClipSet.Problems"/>,
    /// and opening it throws.
    /// </returns>
    /// <exception cref="ProgramMissingException">Videos need ffmpeg, which is not installed.</exception>
    /// <exception cref="IOException">
    /// A video's file cannot be opened, which says nothing about its content; the cache cannot be written; or another run is filling it.
    /// </exception>
    public static ClipSet Open(
        ClipSet set, string name, int shorterSide, string folder, Action<int, int>? progress = null, int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(shorterSide, 1);
        if (!set.IsOnDisk)
        {
            return set;
        }

        CachedClips cached = new(set, shorterSide, Path.Combine(folder, FolderName(name, shorterSide)));
        if (!cached.Look())
        {
            cached.Decode(progress, threads ?? Environment.ProcessorCount);
        }

        return cached;
    }

    private static string FolderName(string name, int shorterSide)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(name));
        string last = Path.GetFileName(full);
        byte[] sum = SHA256.HashData(Encoding.UTF8.GetBytes($"{full}\0{shorterSide}"));
        return $"{last[..Math.Min(last.Length, LongestName)]}-{Convert.ToHexStringLower(sum.AsSpan(0, 8))}.clips";
    }
}
