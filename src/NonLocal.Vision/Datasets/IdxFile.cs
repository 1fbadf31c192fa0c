using System.Buffers.Binary;
using NonLocal.Formats;

namespace NonLocal.Vision.Datasets;

/// <summary>
/// An array of bytes with 1 to 4 axes in the idx format of MNIST: two zero bytes, the element's type, the number of axes, the
/// sizes as big-endian 32-bit numbers, the elements row-major. Source: Y. LeCun, C. Cortes, C. Burges, yann.lecun.com/exdb/mnist.
/// </summary>
public sealed class IdxFile
{
    private const byte UnsignedByte = 8;
    private const int MaximumAxes = 4;

    private readonly int[] shape;
    private readonly ReadOnlyMemory<byte> values;

    private IdxFile(int[] shape, ReadOnlyMemory<byte> values)
    {
        this.shape = shape;
        this.values = values;
    }

    /// <summary>The size of each axis, the first one counting the items; each at least 1.</summary>
    public ReadOnlySpan<int> Shape => shape;

    /// <summary>How many items there are: the first axis.</summary>
    public int Count => shape[0];

    /// <summary>Bytes of one item: the product of the axes after the first.</summary>
    public int ItemBytes => values.Length / shape[0];

    /// <summary>All elements, row-major.</summary>
    public ReadOnlySpan<byte> Values => values.Span;

    /// <summary>The elements of item <paramref name="index"/>.</summary>
    public ReadOnlySpan<byte> Item(int index) => values.Span.Slice(checked(index * ItemBytes), ItemBytes);

    /// <summary>Reads a whole file, plain or gzip, which is seen from the content.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <exception cref="FileFormatException">Not idx, elements that are no unsigned bytes, other sizes than the header says, or over a
    /// limit.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static IdxFile Read(string path, ReadLimits? limits = null) =>
        InputFile.Read(path, file => Read(file, limits));

    /// <summary>Reads from the stream's position to its end. See <see cref="Read(string, ReadLimits?)"/>.</summary>
    /// <param name="stream">The file's bytes.</param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <exception cref="FileFormatException">Not idx, elements that are no unsigned bytes, other sizes than the header says, or over a
    /// limit.</exception>
    public static IdxFile Read(Stream stream, ReadLimits? limits = null)
    {
        limits ??= ReadLimits.Default;
        ArraySegment<byte> bytes = BoundedReader.ReadAll(stream, limits.MaximumFileBytes, "the file");
        bytes = GzipContent.Expand(bytes, limits.MaximumFileBytes);
        int[] shape = ReadShape(bytes, limits);
        return new IdxFile(shape, bytes[HeaderBytes(shape.Length)..]);
    }

    private static int HeaderBytes(int axes) => 4 * (1 + axes);

    private static int[] ReadShape(ReadOnlySpan<byte> bytes, ReadLimits limits)
    {
        CheckStart(bytes);
        int[] shape = new int[bytes[3]];
        int header = HeaderBytes(shape.Length);
        if (bytes.Length < header)
        {
            throw new FileFormatException(
                $"the file holds {bytes.Length} bytes, expected a header of {header}; it seems to be truncated");
        }

        // At most as many as the file has bytes, so one more factor below 2³² cannot overflow.
        long elements = 1;
        int available = bytes.Length - header;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            uint size = BinaryPrimitives.ReadUInt32BigEndian(bytes[(4 * (1 + axis))..]);
            if (size == 0)
            {
                throw new FileFormatException($"axis {axis} has the size 0, expected at least 1");
            }

            elements *= size;
            if (elements > available)
            {
                throw new FileFormatException(
                    $"the header asks for {Product(bytes, shape.Length)} elements, but {available} bytes follow it; "
                    + "the file seems to be truncated");
            }

            shape[axis] = (int)size;
        }

        if (elements != available)
        {
            throw new FileFormatException($"the header asks for {elements} elements, but {available} bytes follow it");
        }

        CheckPictures(shape, limits);
        return shape;
    }

    private static void CheckStart(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 4)
        {
            throw new FileFormatException($"the file holds {bytes.Length} bytes, expected an idx header");
        }

        if (bytes[0] != 0 || bytes[1] != 0)
        {
            throw new FileFormatException($"the file starts with {Convert.ToHexString(bytes[..4])}, expected idx, which starts with 0000");
        }

        if (bytes[2] != UnsignedByte)
        {
            throw new FileFormatException($"the elements have the type {bytes[2]:X2}, expected 08 (unsigned bytes)");
        }

        if (bytes[3] is 0 or > MaximumAxes)
        {
            throw new FileFormatException($"the array has {bytes[3]} axes, expected 1 to {MaximumAxes}");
        }
    }

    private static string Product(ReadOnlySpan<byte> bytes, int axes)
    {
        string[] sizes = new string[axes];
        for (int axis = 0; axis < axes; axis++)
        {
            sizes[axis] = $"{BinaryPrimitives.ReadUInt32BigEndian(bytes[(4 * (1 + axis))..])}";
        }

        return string.Join(" x ", sizes);
    }

    private static void CheckPictures(int[] shape, ReadLimits limits)
    {
        if (shape.Length < 3)
        {
            return;
        }

        (int height, int width) = (shape[1], shape[2]);
        if (Math.Max(height, width) > limits.MaximumSide || (long)height * width > limits.MaximumPixels)
        {
            throw new FileFormatException(
                $"the pictures have {width} x {height} pixels, more than the limit of {limits.MaximumSide} a side "
                + $"or of {limits.MaximumPixels} in all");
        }
    }
}
