using NonLocal.Formats;

namespace NonLocal.Vision.Datasets;

/// <summary>
/// Labelled 32×32 RGB pictures in the binary form of CIFAR-10 (a label byte, then the red, green and blue plane) or
/// CIFAR-100 (a coarse and a fine label byte first). Source: A. Krizhevsky, cs.toronto.edu/~kriz/cifar.html.
/// </summary>
public sealed class CifarFile
{
    /// <summary>Pixels of a row and of a column.</summary>
    public const int Side = 32;

    /// <summary>Bytes of one picture, [32, 32, 3].</summary>
    public const int PictureBytes = 3 * Plane;

    private const int Plane = Side * Side;
    private const int CoarseClasses = 20;

    private readonly byte[] pictures;
    private readonly byte[] labels;

    private CifarFile(int classes, ReadOnlySpan<byte> records)
    {
        Classes = classes;
        int record = RecordBytes(classes);
        Count = records.Length / record;
        labels = new byte[Count];
        pictures = new byte[Count * PictureBytes];
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<byte> source = records.Slice(i * record, record);
            ReadOnlySpan<byte> planes = source[^PictureBytes..];
            CheckLabels(source[..^PictureBytes], classes, i);
            labels[i] = source[^(PictureBytes + 1)];
            Interleave(planes, pictures.AsSpan(i * PictureBytes, PictureBytes));
        }
    }

    /// <summary>10 or 100.</summary>
    public int Classes { get; }

    /// <summary>How many pictures there are.</summary>
    public int Count { get; }

    /// <summary>The class of each picture, 0 up to <see cref="Classes"/>; of CIFAR-100 the fine one.</summary>
    public ReadOnlySpan<byte> Labels => labels;

    /// <summary>All pictures, [count, 32, 32, 3].</summary>
    public ReadOnlySpan<byte> Pictures => pictures;

    /// <summary>Picture <paramref name="index"/>, [32, 32, 3].</summary>
    public ReadOnlySpan<byte> Picture(int index) => pictures.AsSpan(checked(index * PictureBytes), PictureBytes);

    /// <summary>Reads a whole file. Plain or gzip, CIFAR-10 or CIFAR-100: both are seen from the content.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <exception cref="FileFormatException">No whole number of records, a label that is none, or over a limit.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static CifarFile Read(string path, ReadLimits? limits = null) =>
        InputFile.Read(path, file => Read(file, limits));

    /// <summary>Reads from the stream's position to its end. See <see cref="Read(string, ReadLimits?)"/>.</summary>
    /// <param name="stream">The file's bytes.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <exception cref="FileFormatException">No whole number of records, a label that is none, or over a limit.</exception>
    public static CifarFile Read(Stream stream, ReadLimits? limits = null)
    {
        limits ??= ReadLimits.Default;
        ArraySegment<byte> bytes = BoundedReader.ReadAll(stream, limits.MaximumFileBytes, "the file");

        // 31 is no CIFAR-10 label and no coarse CIFAR-100 label, so gzip's mark cannot be the start of a record.
        bytes = GzipContent.Expand(bytes, limits.MaximumFileBytes);
        return new CifarFile(ClassesOf(bytes.Count), bytes);
    }

    // Only whole multiples of 3073 × 3074 bytes fit both; no published file is one, and there the smaller record is taken.
    private static int ClassesOf(int length)
    {
        if (length == 0)
        {
            throw new FileFormatException("the file is empty, expected CIFAR records");
        }

        if (length % RecordBytes(10) == 0)
        {
            return 10;
        }

        if (length % RecordBytes(100) == 0)
        {
            return 100;
        }

        throw new FileFormatException(
            $"the file holds {length} bytes, expected a multiple of {RecordBytes(10)} (CIFAR-10 records) "
            + $"or of {RecordBytes(100)} (CIFAR-100 records)");
    }

    private static int RecordBytes(int classes) => (classes == 10 ? 1 : 2) + PictureBytes;

    private static void CheckLabels(ReadOnlySpan<byte> found, int classes, int record)
    {
        if (found.Length == 2 && found[0] >= CoarseClasses)
        {
            throw new FileFormatException($"record {record} has the coarse label {found[0]}, expected 0 to {CoarseClasses - 1}");
        }

        if (found[^1] >= classes)
        {
            throw new FileFormatException($"record {record} has the label {found[^1]}, expected 0 to {classes - 1}");
        }
    }

    // [3, positions] to [positions, 3].
    private static void Interleave(ReadOnlySpan<byte> planes, Span<byte> pixels)
    {
        for (int i = 0; i < Plane; i++)
        {
            pixels[3 * i] = planes[i];
            pixels[(3 * i) + 1] = planes[Plane + i];
            pixels[(3 * i) + 2] = planes[(2 * Plane) + i];
        }
    }
}
