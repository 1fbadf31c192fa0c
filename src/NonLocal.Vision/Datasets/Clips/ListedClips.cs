using System.Globalization;
using System.Text;
using NonLocal.Formats;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>
/// Reads list files: one clip a line, its path, a separator and its class, as the lists of Kinetics, HMDB-51 and UCF-101 are written for
/// SlowFast and mmaction2.
/// </summary>
/// <remarks>
/// The separator is a tab, a comma or blanks: the first of these that stands in every line, at its last place, so that paths may hold
/// the others. Where none stands in every line, lines are paths alone and the class is the name of the clip's folder (UCF-101's test
/// lists). Classes are numbers from 0, or names. Empty lines and lines that begin with # are passed over.
/// </remarks>
public static class ListedClips
{
    private const int MostClasses = 100_000;

    private static readonly char[] Separators = ['\t', ',', ' '];

    /// <summary>The endings of list files' names, by which <see cref="ClipSet.Recognizes"/> knows them.</summary>
    internal static IReadOnlyList<string> Endings { get; } = [".txt", ".csv", ".list"];

    /// <summary>Reads a list.</summary>
    /// <exception cref="FileFormatException">
    /// No text, no clips, or a class that is neither known nor a number; the line is named.
    /// </exception>
    internal static ClipFiles Read(string path, ClipSetOptions options, ReadLimits limits)
    {
        (int Number, string Text)[] lines = InputFile.Read(path, file => Lines(file, limits));
        char separator = Separators.FirstOrDefault(each => lines.All(line => line.Text.Contains(each, StringComparison.Ordinal)));
        (int Line, string Path, string Class)[] clips = [.. lines.Select(line => Parts(line, separator))];
        string root = options.Root ?? Path.GetDirectoryName(Path.GetFullPath(path))!;
        IReadOnlyList<string> names = options.ClassNames ?? NamesIn(clips.Select(clip => clip.Class), path);
        Dictionary<string, int> labels = new(StringComparer.Ordinal);
        for (int label = 0; label < names.Count; label++)
        {
            labels.TryAdd(names[label], label);
        }

        return new(
            "a list of clips",
            names,
            [.. clips.Select(clip => (Path.Combine(root, clip.Path), LabelOf(clip.Class, labels, names.Count, path, clip.Line)))],
            limits);
    }

    private static (int Number, string Text)[] Lines(FileStream file, ReadLimits limits)
    {
        ArraySegment<byte> bytes = BoundedReader.ReadAll(file, limits.MaximumFileBytes, "the list");
        if (bytes.Contains((byte)0))
        {
            throw new FileFormatException("the file is no text, expected a list of clips, class folders or idx");
        }

        (int Number, string Text)[] lines =
        [
            .. Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF').Split('\n')
                .Select((text, index) => (index + 1, text.Trim()))
                .Where(line => line.Item2.Length > 0 && line.Item2[0] != '#'),
        ];
        return lines.Length > 0 ? lines : throw new FileFormatException("the list names no clips");
    }

    private static (int Line, string Path, string Class) Parts((int Number, string Text) line, char separator)
    {
        if (separator == '\0')
        {
            string folder = Path.GetDirectoryName(line.Text) ?? "";
            return (line.Number, line.Text, Path.GetFileName(folder));
        }

        int at = line.Text.LastIndexOf(separator);
        return (line.Number, line.Text[..at].Trim(), line.Text[(at + 1)..].Trim());
    }

    // Numbers are their own names, up to the largest; else the names that occur.
    private static string[] NamesIn(IEnumerable<string> classes, string path)
    {
        string[] different = [.. classes.Distinct(StringComparer.Ordinal)];
        int[] numbers = [.. different.Select(text => TryNumber(text) ?? -1)];
        if (numbers.Contains(-1))
        {
            return [.. different.Order(StringComparer.Ordinal)];
        }

        return numbers.Max() < MostClasses
            ? [.. Enumerable.Range(0, numbers.Max() + 1).Select(number => number.ToString(CultureInfo.InvariantCulture))]
            : throw new FileFormatException($"the list has a class {numbers.Max()}, expected 0 to {MostClasses - 1}", path);
    }

    private static int LabelOf(string name, Dictionary<string, int> labels, int count, string path, int line) =>
        labels.TryGetValue(name, out int label) ? label
        : TryNumber(name) is { } number && number < count ? number
        : throw new FileFormatException(
            $"line {line}: the class is \"{(name.Length <= 60 ? name : name[..60])}\", expected one of {count} names or 0 to {count - 1}",
            path);

    private static int? TryNumber(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
