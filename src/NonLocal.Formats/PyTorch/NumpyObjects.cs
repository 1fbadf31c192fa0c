using System.Buffers.Binary;
using System.Text;
using NonLocal.Formats.Reading;

namespace NonLocal.Formats.PyTorch;

/// <summary>A number type of numpy, for example f8.</summary>
internal sealed record NumpyType(string Code);

/// <summary>An array of numpy: a pickle makes it empty and gives it shape, type and numbers afterwards.</summary>
internal sealed class NumpyArray
{
    /// <summary>What it became; null until then.</summary>
    public CheckpointTensor? Tensor { get; set; }
}

/// <summary>Long bytes of a pickle that were passed over: where they lie in the file.</summary>
internal sealed record PickleBytes(ByteSource Source, long Offset, long Length);

/// <summary>Numbers and arrays of numpy, as its pickles describe them. Nothing is called; plain numbers only.</summary>
internal sealed class NumpyObjects(PickleInput input)
{
    private const long KnownVersion = 1;
    private const int StateParts = 5;

    /// <summary>One number.</summary>
    /// <exception cref="FileFormatException">Another type than a usual one, or other bytes than it has.</exception>
    public object Scalar(NumpyType type, object? content) => (type.Code, Bytes(content, Size(type.Code))) switch
    {
        ("f8", { } bytes) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        ("f4", { } bytes) => (double)BinaryPrimitives.ReadSingleLittleEndian(bytes),
        ("i8", { } bytes) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        ("i4", { } bytes) => (long)BinaryPrimitives.ReadInt32LittleEndian(bytes),
        ("b1", { } bytes) => bytes[0] != 0,
        _ => throw input.Error(
            $"a numpy number of type {Quoted.Name(type.Code)} is not supported or has other bytes than it needs; expected"
            + " f8, f4, i8, i4 or b1"),
    };

    /// <summary>Gives an array its numbers.</summary>
    /// <param name="array">Empty.</param>
    /// <param name="state">(version, shape, type, whether the first axis is the fastest, bytes).</param>
    /// <exception cref="FileFormatException">Another state, objects in place of numbers, or bytes that do not fill the shape.</exception>
    public void Fill(NumpyArray array, object? state)
    {
        if (state is not CheckpointList { Count: StateParts } parts || parts[0] is not KnownVersion
            || parts[1] is not CheckpointList sizes || parts[2] is not NumpyType type || parts[3] is not bool firstIsFastest)
        {
            throw input.Error("a numpy array has another description than numpy gives it; the file is corrupt or hostile");
        }

        if (TypeOf(type.Code) is not { } stored)
        {
            throw input.Error(
                $"a numpy array holds {Quoted.Name(type.Code)}; expected numbers (f2, f4, f8, i1 to i8, u1 to u8, b1), not objects");
        }

        input.Budget.Charge(64 + (16L * sizes.Count), "the shapes of the file");
        long[] shape = [.. sizes.Select(size => size as long? ?? -1)];
        if (!TensorSize.TryCount(shape, out long count) || count > long.MaxValue / stored.Size())
        {
            throw input.Error($"a numpy array has the shape {TensorSize.Text(shape)}; expected sizes that are not negative");
        }

        long bytes = count * stored.Size();
        array.Tensor = new CheckpointTensor(Block(parts[4], bytes), stored, 0, shape, Strides(shape, firstIsFastest));
    }

    private static long[] Strides(long[] shape, bool firstIsFastest)
    {
        long[] strides = new long[shape.Length];
        long step = 1;
        for (int i = 0; i < shape.Length; i++)
        {
            int axis = firstIsFastest ? i : shape.Length - 1 - i;
            strides[axis] = step;

            // Of an empty array no element is read.
            step *= Math.Max(1, shape[axis]);
        }

        return strides;
    }

    private StorageBlock Block(object? content, long bytes)
    {
        const string Key = "of a numpy array";
        if (content is PickleBytes { } passed && passed.Length == bytes)
        {
            return new StorageBlock(passed.Source, Key, bytes) { ElementSize = 1, FileOffset = passed.Offset };
        }

        return Bytes(content, bytes) is { } data
            ? new StorageBlock(data, Key) { ElementSize = 1 }
            : throw input.Error($"a numpy array does not have the {bytes} bytes that its shape and type need; the file is corrupt");
    }

    // Python 2 keeps bytes as text, which was taken for UTF-8 where it could be and for the letters 0 to 255 otherwise.
    private byte[]? Bytes(object? content, long expected)
    {
        if (content is byte[] bytes)
        {
            return bytes.Length == expected ? bytes : null;
        }

        // A letter has one to three bytes of UTF-8.
        if (content is not string text || text.Length > expected || expected > 3L * text.Length)
        {
            return null;
        }

        input.Budget.Charge(32 + expected, "the numbers of the file");
        byte[] encoded = text.Length == expected && !text.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF')
            ? Encoding.Latin1.GetBytes(text) : Encoding.UTF8.GetBytes(text);
        return encoded.Length == expected ? encoded : null;
    }

    private static int Size(string code) => TypeOf(code)?.Size() ?? 0;

    private static StoredType? TypeOf(string code) => code switch
    {
        "f8" => StoredType.F64,
        "f4" => StoredType.F32,
        "f2" => StoredType.F16,
        "i8" => StoredType.I64,
        "i4" => StoredType.I32,
        "i2" => StoredType.I16,
        "i1" => StoredType.I8,
        "u8" => StoredType.U64,
        "u4" => StoredType.U32,
        "u2" => StoredType.U16,
        "u1" => StoredType.U8,
        "b1" => StoredType.Bool,
        _ => null,
    };
}
