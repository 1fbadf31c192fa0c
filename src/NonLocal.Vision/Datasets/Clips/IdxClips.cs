using System.Globalization;
using NonLocal.Formats;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>Grey clips of one size in an idx file [clips, frames, rows, columns], and their labels in another.</summary>
public sealed class IdxClips : ClipSet
{
    private const string ClipsPart = "clips-idx4";

    private readonly byte[][] clips;
    private readonly int[] labels;
    private readonly int width;
    private readonly int height;
    private readonly string path;

    /// <summary>The clips of two arrays.</summary>
    /// <param name="clips">[clips, frames, rows, columns].</param>
    /// <param name="labels">[clips].</param>
    /// <param name="path">The clips' file, for messages.</param>
    /// <exception cref="FileFormatException">The arrays do not fit each other.</exception>
    public IdxClips(IdxFile clips, IdxFile labels, string path)
    {
        ArgumentNullException.ThrowIfNull(clips);
        ArgumentNullException.ThrowIfNull(labels);
        if (clips.Shape.Length != 4)
        {
            throw new FileFormatException($"the array has {clips.Shape.Length} axes, expected 4: clips, frames, rows, columns", path);
        }

        if (labels.Shape.Length != 1 || labels.Count != clips.Count)
        {
            throw new FileFormatException(
                $"the labels are {string.Join(" x ", labels.Shape.ToArray())} numbers, expected {clips.Count}, one a clip", path);
        }

        this.path = path;
        (height, width) = (clips.Shape[2], clips.Shape[3]);
        this.clips = new byte[clips.Count][];
        this.labels = new int[clips.Count];
        for (int i = 0; i < clips.Count; i++)
        {
            this.clips[i] = clips.Item(i).ToArray();
            this.labels[i] = labels.Values[i];
        }

        ClassNames = [.. Enumerable.Range(0, this.labels.Max() + 1).Select(label => label.ToString(CultureInfo.InvariantCulture))];
    }

    /// <inheritdoc/>
    public override string Kind => "idx clips";

    /// <inheritdoc/>
    public override int Count => clips.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override int Label(int index) => labels[index];

    /// <inheritdoc/>
    public override string Source(int index) => $"{path}: clip {index}";

    /// <inheritdoc/>
    public override VideoSource Open(int index) => new MemoryVideo(width, height, 1, clips[index]);

    internal static IdxClips Read(string path, ReadLimits limits)
    {
        string name = Path.GetFileName(path);
        string labels = name.Replace(ClipsPart, "labels-idx1", StringComparison.Ordinal);
        if (labels == name)
        {
            throw new FileFormatException($"the name has no \"{ClipsPart}\", so the file of the labels is not known", path);
        }

        string folder = Path.GetDirectoryName(path) ?? string.Empty;
        return new(IdxFile.Read(path, limits), IdxFile.Read(Path.Combine(folder, labels), limits), path);
    }
}
