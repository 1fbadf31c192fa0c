using System.Globalization;
using NonLocal.Formats;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Datasets;

/// <summary>Pictures of one size that lie in memory: CIFAR, idx, or made by a program.</summary>
public sealed class DecodedPictures : PictureSet
{
    /// <summary>The <see cref="Kind"/> of an idx file.</summary>
    internal const string IdxKind = "idx";

    private readonly int[] labels;
    private readonly IReadOnlyList<byte[]> pictures;
    private readonly Func<int, string> source;

    /// <summary>Takes pictures as they are, without copying.</summary>
    /// <param name="width">Pixels in a row of each.</param>
    /// <param name="height">Rows of each.</param>
    /// <param name="channels">1 to 4.</param>
    /// <param name="pictures">Samples [height, width, channels] of each; at least one picture.</param>
    /// <param name="labels">The class of each.</param>
    /// <param name="classNames">One a class.</param>
    /// <param name="source">Where a picture comes from, by its number.</param>
    /// <param name="kind">See <see cref="PictureSet.Kind"/>.</param>
    /// <exception cref="ArgumentException">No picture, or other than one label a picture.</exception>
    /// <exception cref="FileFormatException">A label that is no class; the message starts with the picture's source.</exception>
    public DecodedPictures(
        int width,
        int height,
        int channels,
        IReadOnlyList<byte[]> pictures,
        int[] labels,
        IReadOnlyList<string> classNames,
        Func<int, string> source,
        string kind = "pictures in memory")
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(classNames);
        ArgumentNullException.ThrowIfNull(source);
        if (pictures.Count == 0 || pictures.Count != labels.Length)
        {
            throw new ArgumentException($"{pictures.Count} pictures have {labels.Length} labels, expected one each", nameof(labels));
        }

        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] < 0 || labels[i] >= classNames.Count)
            {
                throw new FileFormatException($"the label is {labels[i]}, expected 0 to {classNames.Count - 1}", source(i));
            }
        }

        Width = width;
        Height = height;
        Channels = channels;
        this.pictures = pictures;
        this.labels = labels;
        this.source = source;
        Kind = kind;
        ClassNames = classNames;
    }

    /// <summary>Pixels in a row of each picture.</summary>
    public int Width { get; }

    /// <summary>Rows of each picture.</summary>
    public int Height { get; }

    /// <summary>1 to 4, as of <see cref="Picture"/>.</summary>
    public int Channels { get; }

    /// <inheritdoc/>
    public override string Kind { get; }

    /// <inheritdoc/>
    public override int Count => labels.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <summary>The pictures of CIFAR files, one file after the other.</summary>
    /// <param name="files">At least one; all CIFAR-10 or all CIFAR-100.</param>
    /// <param name="paths">The files' names, for messages.</param>
    /// <exception cref="FileFormatException">CIFAR-10 and CIFAR-100 are mixed.</exception>
    public static DecodedPictures OfCifar(IReadOnlyList<CifarFile> files, IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentOutOfRangeException.ThrowIfNotEqual(paths.Count, files.Count);
        List<byte[]> pictures = [];
        List<int> labels = [];
        List<(int File, int Record)> places = [];
        for (int file = 0; file < files.Count; file++)
        {
            if (files[file].Classes != files[0].Classes)
            {
                throw new FileFormatException(
                    $"the file has {files[file].Classes} classes, expected {files[0].Classes} as in {paths[0]}", paths[file]);
            }

            for (int i = 0; i < files[file].Count; i++)
            {
                pictures.Add(files[file].Picture(i).ToArray());
                labels.Add(files[file].Labels[i]);
                places.Add((file, i));
            }
        }

        string Source(int index) => $"{paths[places[index].File]}: record {places[index].Record}";
        int classes = files[0].Classes;
        return new(CifarFile.Side, CifarFile.Side, 3, pictures, [.. labels], Numbers(classes), Source, $"CIFAR-{classes}");
    }

    /// <summary>
    /// The pictures of an idx file, [count, height, width] or [count, height, width, channels], and the labels of another.
    /// </summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="labels">One axis, as long as the first of the pictures.</param>
    /// <param name="path">The pictures' file, for messages.</param>
    /// <param name="classes">How many classes there are, or null for one more than the largest label.</param>
    /// <exception cref="FileFormatException">The arrays do not fit each other, or a label is out of range.</exception>
    public static DecodedPictures OfIdx(IdxFile pictures, IdxFile labels, string path, int? classes = null)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(labels);
        ReadOnlySpan<int> shape = pictures.Shape;
        int channels = shape.Length == 4 ? shape[3] : 1;
        if (shape.Length < 3 || channels > 4)
        {
            throw new FileFormatException(
                $"the array is {string.Join(" x ", shape.ToArray())}, expected count x height x width, or x 1 to 4 channels", path);
        }

        if (labels.Shape.Length != 1 || labels.Count != pictures.Count)
        {
            throw new FileFormatException(
                $"the labels are {string.Join(" x ", labels.Shape.ToArray())} numbers, expected {pictures.Count}, one a picture", path);
        }

        List<byte[]> items = [];
        int[] numbers = new int[labels.Count];
        int largest = 0;
        for (int i = 0; i < numbers.Length; i++)
        {
            items.Add(pictures.Item(i).ToArray());
            numbers[i] = labels.Values[i];
            largest = Math.Max(largest, numbers[i]);
        }

        return new(shape[2], shape[1], channels, items, numbers, Numbers(classes ?? largest + 1), i => $"{path}: item {i}", IdxKind);
    }

    /// <inheritdoc/>
    public override int Label(int index) => labels[index];

    /// <inheritdoc/>
    public override string Source(int index) => source(index);

    /// <inheritdoc/>
    public override Picture Read(int index) => new(Width, Height, Channels, (byte[])pictures[index].Clone());

    internal static DecodedPictures OfIdx(IdxFile pictures, string path, ReadLimits limits)
    {
        string name = Path.GetFileName(path);
        string labels = name.Replace("images", "labels", StringComparison.Ordinal).Replace("idx3", "idx1", StringComparison.Ordinal)
            .Replace("idx4", "idx1", StringComparison.Ordinal);
        if (labels == name)
        {
            throw new FileFormatException("the name has no \"images-idx3\", so the file of the labels is not known");
        }

        return OfIdx(pictures, IdxFile.Read(Path.Combine(Path.GetDirectoryName(path) ?? string.Empty, labels), limits), path);
    }

    private static string[] Numbers(int count)
    {
        string[] names = new string[count];
        for (int i = 0; i < count; i++)
        {
            names[i] = i.ToString(CultureInfo.InvariantCulture);
        }

        return names;
    }
}
