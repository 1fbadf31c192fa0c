using System.Security.Cryptography;
using System.Text;
using NonLocal.Formats;
using NonLocal.Vision.Datasets.Caching;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Datasets;

/// <summary>Decodes a data set once, brings its pictures to one size and keeps them in a file for every later run.</summary>
/// <remarks>
/// <para>
/// A run that was stopped at any moment goes on where it was. What is used later is whole: every part of the file is compared with its
/// SHA-256 when the cache is opened, and a damaged cache is made again.
/// </para>
/// <para>
/// There is one file for each path and fit. It is made again when the path, size or time of change of any picture file (or of the archive)
/// is another one.
/// </para>
/// </remarks>
public static class PictureCache
{
    private const int LongestName = 60;

    /// <summary>Opens a data set whose pictures are decoded, after decoding what was not decoded before.</summary>
    /// <param name="path">What <see cref="PictureSet.Open"/> takes.</param>
    /// <param name="fit">The size that all pictures get.</param>
    /// <param name="folder">Where the cache lies; made if it is missing.</param>
    /// <param name="progress">
    /// Told how many pictures are decoded, and of how many, by one thread at a time. Not called where the cache is whole.
    /// </param>
    /// <param name="limits">What a file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <param name="threads">How many threads decode, or null for one for each core. Changes no result.</param>
    /// <returns>
    /// RGB pictures of the fit's size. A file that is corrupt keeps its place and label; it is named in <see cref="PictureSet.Problems"/>,
    /// and reading it throws. A set that lies decoded in memory with that size (CIFAR's files) is returned without a cache.
    /// </returns>
    /// <exception cref="FileFormatException">The set itself cannot be opened: see <see cref="PictureSet.Open"/>.</exception>
    /// <exception cref="IOException">
    /// The path is missing or cannot be read, the cache cannot be written, or another run is filling it.
    /// </exception>
    public static PictureSet Open(
        string path,
        PictureFit fit,
        string folder,
        Action<int, int>? progress = null,
        ReadLimits? limits = null,
        int? threads = null) =>
        Open(path, fit, folder, CacheFile.DefaultChunkBytes, progress, limits, threads);

    /// <summary>The same with chunks of a test.</summary>
    internal static PictureSet Open(
        string path,
        PictureFit fit,
        string folder,
        int chunkBytes,
        Action<int, int>? progress = null,
        ReadLimits? limits = null,
        int? threads = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        limits ??= ReadLimits.Default;
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        int workers = threads ?? Environment.ProcessorCount;

        // An archive is not even opened where its cache is whole; a folder is listed.
        EncodedPictures? listed = Directory.Exists(path) ? EncodedPictures.OfFolder(path, limits) : null;
        string identity = listed is null ? SourceIdentity.OfFile(path, fit) : SourceIdentity.OfFolder(listed, fit);
        string file = Path.Combine(folder, NameOf(path, fit));
        if (TryOpen(file, identity, chunkBytes, workers) is { } cached)
        {
            return cached;
        }

        PictureSet set = listed ?? PictureSet.Open(path, limits);
        if (set is DecodedPictures decoded && (decoded.Width, decoded.Height) == (fit.Width, fit.Height))
        {
            return set;
        }

        Directory.CreateDirectory(folder);
        string partial = file + ".partial";
        using (CacheFile filling = CacheFile.OpenToFill(partial, CacheHeader.Of(identity, fit.Width, fit.Height, set), chunkBytes))
        {
            CacheFilling.Run(filling, set, fit, workers, progress);
            filling.Flush();
        }

        File.Move(partial, file, overwrite: true);
        return TryOpen(file, identity, chunkBytes, workers)
            ?? throw new IOException($"{file}: the cache was changed by somebody else while it was written");
    }

    private static CachedPictures? TryOpen(string file, string identity, int chunkBytes, int threads) =>
        CacheFile.TryOpen(file, identity, chunkBytes) is { } found ? CachedPictures.TryOpen(found, threads) : null;

    private static string NameOf(string path, PictureFit fit)
    {
        string name = Path.GetFileName(path);
        byte[] sum = SHA256.HashData(Encoding.UTF8.GetBytes($"{path}\0{fit.Width} {fit.Height} {fit.ShorterSide}"));
        return $"{name[..Math.Min(name.Length, LongestName)]}-{Convert.ToHexStringLower(sum.AsSpan(0, 8))}.pictures";
    }
}
