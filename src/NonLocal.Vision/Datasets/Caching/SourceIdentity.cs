using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Datasets.Caching;

/// <summary>What tells whether a cache was made of these files in this way.</summary>
/// <remarks>
/// Files are known by path, size and time of change, as make and version control know them: a sum of their content would mean reading all
/// of them at every start. Whoever changes a file but neither its size nor its time has to delete the cache.
/// </remarks>
internal static class SourceIdentity
{
    // Raised when the same file decodes to other samples than before.
    private const int DecoderVersion = 1;

    /// <summary>The identity of a file, such as an archive.</summary>
    public static string OfFile(string path, PictureFit fit) => Sum([path], fit);

    /// <summary>The identity of a folder: of all its pictures.</summary>
    public static string OfFolder(EncodedPictures pictures, PictureFit fit) =>
        Sum(Enumerable.Range(0, pictures.Count).Select(pictures.Source), fit);

    private static string Sum(IEnumerable<string> files, PictureFit fit)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Append(FormattableString line) => hash.AppendData(Encoding.UTF8.GetBytes(line.ToString(CultureInfo.InvariantCulture) + "\n"));
        Append($"{DecoderVersion} {fit.Width} {fit.Height} {fit.ShorterSide}");
        foreach (string file in files)
        {
            FileInfo info = new(file);
            Append($"{info.FullName}\0{(info.Exists ? info.Length : -1)} {info.LastWriteTimeUtc.Ticks}");
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
