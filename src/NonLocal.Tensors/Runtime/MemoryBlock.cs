using System.Runtime.InteropServices;

namespace NonLocal.Tensors.Runtime;

/// <summary>Float memory at a 64-byte boundary that does not move and that the garbage collector frees.</summary>
public sealed unsafe class MemoryBlock
{
    private const int AlignmentInFloats = 16;
    private float[] array = [];
    private int offset;

    /// <summary>A block of <paramref name="length"/> floats with undefined content.</summary>
    /// <exception cref="OutOfMemoryException">More than 2^31−17 floats (8 GB), or no memory.</exception>
    public MemoryBlock(long length = 0) => EnsureLength(length);

    /// <summary>The first float; changes when the block grows.</summary>
    public float* Pointer { get; private set; }

    /// <summary>How many floats there are.</summary>
    public long Length { get; private set; }

    /// <summary>How many bytes there are.</summary>
    public long Bytes => Length * sizeof(float);

    /// <summary>A part of the block; keeps the memory alive.</summary>
    public Span<float> Span(long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + length, Length);
        return array.AsSpan(offset + (int)start, length);
    }

    /// <summary>Makes the block at least this long. Growing loses the content and moves <see cref="Pointer"/>.</summary>
    /// <exception cref="OutOfMemoryException">More than 2^31−17 floats (8 GB), or no memory.</exception>
    public void EnsureLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length <= Length && Pointer != null)
        {
            return;
        }

        if (length > Array.MaxLength - AlignmentInFloats)
        {
            throw new OutOfMemoryException($"One block of {length * sizeof(float):N0} bytes was asked for; a block holds at most 8 GB.");
        }

        array = [];
        array = GC.AllocateUninitializedArray<float>((int)length + AlignmentInFloats, pinned: true);
        float* first = (float*)Marshal.UnsafeAddrOfPinnedArrayElement(array, 0);
        offset = (int)(((64 - ((nint)first & 63)) & 63) / sizeof(float));
        Pointer = first + offset;
        Length = length;
    }

    /// <summary>Gives the memory up; <see cref="EnsureLength"/> takes new.</summary>
    internal void Release()
    {
        array = [];
        Pointer = null;
        Length = 0;
    }
}
