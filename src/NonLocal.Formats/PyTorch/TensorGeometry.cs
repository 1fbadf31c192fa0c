using System.Runtime.InteropServices;
using NonLocal.Formats.Reading;

namespace NonLocal.Formats.PyTorch;

/// <summary>Tensors as offset, sizes and strides in a storage: checked before they are believed, then copied to row-major order.</summary>
internal static class TensorGeometry
{
    /// <summary>What is wrong with a tensor, or null.</summary>
    /// <param name="count">Elements of the storage.</param>
    /// <param name="offset">The first element.</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="strides">Steps in elements, one for each size.</param>
    public static string? Problem(long count, long offset, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        if (shape.Length != strides.Length)
        {
            return $"has {shape.Length} sizes and {strides.Length} strides; expected as many of both";
        }

        if (!TensorSize.TryCount(shape, out long elements))
        {
            return $"has the shape {TensorSize.Text(shape)}; expected at most {StoredTensor.MaximumRank} sizes, not"
                + " negative, with a product below 2^63";
        }

        // Of 128 bits: sizes and strides of 63 bits each. Left as soon as it is beyond the storage.
        Int128 last = offset;
        bool inside = offset >= 0 && (elements == 0 || offset < count);
        for (int axis = 0; axis < shape.Length && inside && elements > 0; axis++)
        {
            last += (Int128)(shape[axis] - 1) * strides[axis];
            inside = strides[axis] >= 0 && last < count;
        }

        return inside
            ? null
            : $"reaches beyond its storage of {count} elements: offset {offset}, shape {TensorSize.Text(shape)},"
                + $" strides {TensorSize.Text(strides)}";
    }

    /// <summary>The elements of a checked tensor in row-major order: a part of the storage where they are that already.</summary>
    /// <param name="block">The storage.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="offset">The first element's place, in bytes.</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="strides">Steps in elements, one for each size.</param>
    /// <param name="name">For the error's sentence.</param>
    public static ReadOnlyMemory<byte> Gather(
        StorageBlock block, StoredType type, long offset, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides, string name)
    {
        TensorSize.TryCount(shape, out long count);
        if (count == 0)
        {
            return default;
        }

        int size = type.Size();
        string what = $"tensor {Quoted.Name(name)} of shape {TensorSize.Text(shape)}";
        if (count > Array.MaxLength / size)
        {
            throw new FileFormatException($"{what} has more than {Array.MaxLength} bytes, the most one tensor may have");
        }

        if (IsRowMajor(shape, strides))
        {
            return block.Load().AsMemory((int)offset, (int)count * size);
        }

        block.Charge(count * size, what);
        ReadOnlySpan<byte> from = block.Load().AsSpan((int)offset);
        byte[] to = GC.AllocateUninitializedArray<byte>((int)count * size);
        switch (size)
        {
            case 1:
                Copy(from, to, shape, strides);
                break;
            case 2:
                Copy(MemoryMarshal.Cast<byte, ushort>(from), MemoryMarshal.Cast<byte, ushort>(to.AsSpan()), shape, strides);
                break;
            case 4:
                Copy(MemoryMarshal.Cast<byte, uint>(from), MemoryMarshal.Cast<byte, uint>(to.AsSpan()), shape, strides);
                break;
            default:
                Copy(MemoryMarshal.Cast<byte, ulong>(from), MemoryMarshal.Cast<byte, ulong>(to.AsSpan()), shape, strides);
                break;
        }

        return to;
    }

    private static bool IsRowMajor(ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        long expected = 1;
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            if (shape[axis] != 1 && strides[axis] != expected)
            {
                return false;
            }

            expected *= shape[axis];
        }

        return true;
    }

    private static void Copy<T>(ReadOnlySpan<T> from, Span<T> to, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        Span<long> position = stackalloc long[shape.Length];
        position.Clear();
        long at = 0;
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = from[(int)at];
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                if (++position[axis] < shape[axis])
                {
                    at += strides[axis];
                    break;
                }

                at -= (shape[axis] - 1) * strides[axis];
                position[axis] = 0;
            }
        }
    }
}
