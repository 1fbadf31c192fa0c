using NonLocal.Formats;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Pictures.Foreign;
using NonLocal.Vision.Processes;

namespace NonLocal.Vision.Datasets;

/// <summary>
/// Picture files in class folders, on disk or in a tar archive. The class is the folder directly above the picture; classes, and
/// pictures within a class, are sorted ordinally, so that a folder and its archive are the same set in the same order.
/// Names that start with a dot and files that are no pictures by their ending are passed over.
/// </summary>
public sealed class EncodedPictures : PictureSet
{
    private const int LongestName = 140;

    private static readonly string Endings = string.Join(", ", PictureFile.Endings);

    private readonly Entry[] entries;
    private readonly ReadLimits limits;

    private EncodedPictures(string kind, IEnumerable<string> classes, List<Entry> found, string path, ReadLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        List<string> names = [.. new SortedSet<string>(classes, StringComparer.Ordinal)];
        if (names.Count == 0)
        {
            throw new FileFormatException($"there are no class folders with pictures ({Endings}) in it", path);
        }

        found.Sort(static (left, right) =>
        {
            int byClass = string.CompareOrdinal(left.Class, right.Class);
            return byClass != 0 ? byClass : string.CompareOrdinal(left.Name, right.Name);
        });
        int[] counts = new int[names.Count];
        int label = 0;
        for (int i = 0; i < found.Count; i++)
        {
            while (names[label] != found[i].Class)
            {
                label++;
            }

            counts[label]++;
            found[i] = found[i] with { Label = label };
        }

        int empty = Array.IndexOf(counts, 0);
        if (empty >= 0)
        {
            throw new FileFormatException($"the class folder \"{Short(names[empty])}\" holds no pictures ({Endings})", path);
        }

        entries = [.. found];
        this.limits = limits;
        Kind = kind;
        ClassNames = names;
    }

    /// <inheritdoc/>
    public override string Kind { get; }

    /// <inheritdoc/>
    public override int Count => entries.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <summary>The class folders in a folder.</summary>
    /// <param name="path">The folder above them.</param>
    /// <param name="limits">What a picture may ask for.</param>
    /// <exception cref="FileFormatException">There are none, or one has no pictures.</exception>
    public static EncodedPictures OfFolder(string path, ReadLimits limits)
    {
        List<string> classes = [];
        List<Entry> found = [];
        foreach (string folder in Directory.EnumerateDirectories(path))
        {
            string name = Path.GetFileName(folder);
            if (name.StartsWith('.'))
            {
                continue;
            }

            classes.Add(name);
            foreach (string file in Directory.EnumerateFiles(folder))
            {
                if (IsPicture(Path.GetFileName(file)))
                {
                    found.Add(new(name, Path.GetFileName(file), file, null, 0));
                }
            }
        }

        return new("class folders", classes, found, path, limits);
    }

    /// <summary>The class folders in a tar archive, which stays in memory.</summary>
    /// <param name="bytes">The whole archive, not compressed.</param>
    /// <param name="path">The archive's name, for messages.</param>
    /// <param name="limits">What a picture may ask for.</param>
    /// <exception cref="FileFormatException">
    /// The archive is truncated or corrupt, has no class folders, or one has no pictures.
    /// </exception>
    public static EncodedPictures OfTar(ArraySegment<byte> bytes, string path, ReadLimits limits)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        HashSet<string> folders = new(StringComparer.Ordinal);
        List<(string Folder, string Name, ArraySegment<byte> Data)> files = [];
        foreach ((string name, char type, ArraySegment<byte> data) in TarArchive.Entries(bytes))
        {
            string trimmed = (name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name).TrimEnd('/');
            (string folder, string last) = Split(trimmed);
            if (type == '5')
            {
                folders.Add(trimmed);
            }
            else if (type == '0' && IsPicture(last))
            {
                files.Add(names.Add(trimmed)
                    ? (folder, last, data)
                    : throw new FileFormatException($"{Short(trimmed)} is in the archive twice"));
            }
        }

        string root = files.Count == 0 ? string.Empty : Split(files[0].Folder).Folder;
        List<Entry> found = [];
        HashSet<string> classes = new(StringComparer.Ordinal);
        foreach ((string folder, string name, ArraySegment<byte> data) in files)
        {
            (string above, string last) = Split(folder);
            if (last.Length == 0 || above != root)
            {
                throw new FileFormatException(
                    $"the picture {Short($"{folder}/{name}")} "
                    + $"lies in no class folder of \"{Short(root)}\"; expected all class folders in one folder");
            }

            classes.Add(last);
            found.Add(new(last, name, $"{path}: {Short($"{folder}/{name}")}", data, 0));
        }

        foreach (string folder in folders)
        {
            (string above, string last) = Split(folder);
            if (last.Length > 0 && above == root && folder != root && !last.StartsWith('.'))
            {
                classes.Add(last);
            }
        }

        return new("class folders in a tar archive", classes, found, path, limits);
    }

    /// <inheritdoc/>
    public override int Label(int index) => entries[index].Label;

    /// <inheritdoc/>
    public override string Source(int index) => entries[index].Source;

    /// <inheritdoc/>
    public override Picture Read(int index)
    {
        try
        {
            return PictureFile.Decode(Bytes(index), limits);
        }
        catch (IOException error)
        {
            throw Named(error, index);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<PictureResult> ReadMany(int first, int count)
    {
        // Pictures for another program wait until there are enough to be worth a process, or so many as memory should hold.
        List<(int Index, ForeignPicture Picture)> waiting = [];
        long weight = 0;
        for (int i = first; i < first + count; i++)
        {
            PictureResult own = ReadOwn(i, out ForeignPicture? foreign);
            if (foreign is not { } picture)
            {
                yield return own;
                continue;
            }

            waiting.Add((i, picture));
            weight += picture.Weight;
            if (waiting.Count == ForeignPictures.MostTogether || weight > ForeignPictures.MostWeight)
            {
                foreach (PictureResult result in ReadForeign(waiting))
                {
                    yield return result;
                }

                waiting.Clear();
                weight = 0;
            }
        }

        foreach (PictureResult result in ReadForeign(waiting))
        {
            yield return result;
        }
    }

    private static bool IsPicture(string name) => !name.StartsWith('.') && PictureFile.IsNamedLikeOne(name);

    private ArraySegment<byte> Bytes(int index) => entries[index].Data ?? InputFile.Read(
        entries[index].Source, file => BoundedReader.ReadAll(file, limits.MaximumFileBytes, "the file"));

    // A picture that another program has to decode comes as foreign, and the result is empty.
    private PictureResult ReadOwn(int index, out ForeignPicture? foreign)
    {
        foreign = null;
        try
        {
            ArraySegment<byte> bytes = Bytes(index);
            if (ForeignHeader.TryParse(bytes, limits) is not { } header)
            {
                return new(index, PictureFile.DecodeOwn(bytes, limits), null);
            }

            foreign = new(bytes, header);
            return default;
        }
        catch (IOException error)
        {
            return new(index, null, Named(error, index));
        }
    }

    private IEnumerable<PictureResult> ReadForeign(List<(int Index, ForeignPicture Picture)> waiting)
    {
        ForeignPicture[] pictures = [.. waiting.Select(each => each.Picture)];
        foreach ((int place, Picture? picture, IOException? problem) in new ForeignPictures(limits).ReadMany(pictures))
        {
            int index = waiting[place].Index;
            yield return new(index, picture, problem is null ? null : Named(problem, index));
        }
    }

    private IOException Named(IOException error, int index)
    {
        string source = entries[index].Source;
        return error switch
        {
            ProgramMissingException => error,
            FileFormatException { Path: null } format => format.In(source),
            _ when error.Message.StartsWith(source, StringComparison.Ordinal) => error,
            _ => new IOException($"{source}: {error.Message}", error),
        };
    }

    // Names in an archive may be of any length, sentences not.
    private static string Short(string name) => name.Length <= LongestName ? name : "..." + name[^LongestName..];

    private static (string Folder, string Name) Split(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash < 0 ? (string.Empty, path) : (path[..slash], path[(slash + 1)..]);
    }

    // Data is the encoded picture where it lies in memory; otherwise Source is its file.
    private readonly record struct Entry(string Class, string Name, string Source, ArraySegment<byte>? Data, int Label);
}
