using System.Runtime.InteropServices;

namespace NonLocal.Formats;

/// <summary>A named tensor as a file holds it: type, shape and contiguous row-major little-endian bytes.</summary>
/// <remarks>Immutable; tensors of one file may share memory. The layout is the file's: PyTorch's for PyTorch weights.</remarks>
public sealed class StoredTensor
{
    /// <summary>The most axes a tensor may have; PyTorch's own limit.</summary>
    public const int MaximumRank = 64;

    /// <summary>A tensor over bytes that already exist; they are not copied.</summary>
    /// <param name="name">Any text.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="shape">Sizes, slowest axis first; empty for a single number. A size of 0 is allowed.</param>
    /// <param name="data">Exactly the elements, row-major, little-endian.</param>
    /// <exception cref="ArgumentException">A negative size, too many axes, or a number of bytes that does not fit the shape.</exception>
    public StoredTensor(string name, StoredType type, ReadOnlySpan<long> shape, ReadOnlyMemory<byte> data)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!TensorSize.TryCount(shape, out long count) || count > data.Length || count * type.Size() != data.Length)
        {
            throw new ArgumentException($"tensor \"{name}\": {data.Length} bytes do not fill shape {TensorSize.Text(shape)} of {type}");
        }

        Name = name;
        Type = type;
        Shape = Array.AsReadOnly(shape.ToArray());
        Count = count;
        Data = data;
    }

    private StoredTensor(string name, StoredTensor other)
    {
        Name = name;
        Type = other.Type;
        Shape = other.Shape;
        Count = other.Count;
        Data = other.Data;
    }

    /// <summary>The tensor's key in its file.</summary>
    public string Name { get; }

    /// <summary>The type of the elements.</summary>
    public StoredType Type { get; }

    /// <summary>Sizes, slowest axis first; empty for a single number.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>How many elements.</summary>
    public long Count { get; }

    /// <summary>The elements: row-major, without gaps, little-endian.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>A tensor of 32-bit floating-point numbers.</summary>
    /// <param name="name">Any text.</param>
    /// <param name="shape">Sizes, slowest axis first.</param>
    /// <param name="values">The elements, row-major; copied.</param>
    /// <exception cref="ArgumentException">The number of values does not fit the shape.</exception>
    public static StoredTensor FromSingle(string name, ReadOnlySpan<long> shape, ReadOnlySpan<float> values) =>
        new(name, StoredType.F32, shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>A tensor of 64-bit floating-point numbers. See <see cref="FromSingle"/>.</summary>
    public static StoredTensor FromDouble(string name, ReadOnlySpan<long> shape, ReadOnlySpan<double> values) =>
        new(name, StoredType.F64, shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>A tensor of 64-bit integers. See <see cref="FromSingle"/>.</summary>
    public static StoredTensor FromInt64(string name, ReadOnlySpan<long> shape, ReadOnlySpan<long> values) =>
        new(name, StoredType.I64, shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>The same tensor, sharing its memory, under another name.</summary>
    public StoredTensor WithName(string name) => new(name, this);

    /// <summary>The elements as 32-bit floating-point numbers.</summary>
    /// <remarks>
    /// F16, BF16, 8-bit and 16-bit integers and Bool (0 or 1) are widened exactly, not-a-number patterns included. F64 and wider integers
    /// are rounded to the nearest; an F64 beyond the range becomes infinite.
    /// </remarks>
    public float[] ToSingle() => StoredValues.ToSingle(Type, Data.Span);

    /// <summary>The elements as 64-bit floating-point numbers: exact, except that 64-bit integers beyond 2^53 are rounded.</summary>
    public double[] ToDouble() => StoredValues.ToDouble(Type, Data.Span);

    /// <summary>The elements as 64-bit integers, always exact.</summary>
    /// <exception cref="InvalidOperationException">The type is floating-point, or U64 with a value above 2^63 − 1.</exception>
    public long[] ToInt64() => StoredValues.ToInt64(Type, Data.Span);

    /// <summary>Type, shape and name in one line.</summary>
    public override string ToString() => $"{Name}: {Type} {TensorSize.Text([.. Shape])}";
}
