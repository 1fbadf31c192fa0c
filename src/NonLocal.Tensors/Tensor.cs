using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors;

/// <summary>Float data that exists: a shape and the memory for it, row-major, channels last.</summary>
/// <remarks>
/// Nobody has to dispose a tensor; its memory goes with the garbage collector. A view shares memory with what it was made from.
/// </remarks>
public sealed unsafe class Tensor
{
    private readonly MemoryBlock block;
    private readonly long start;

    /// <summary>A tensor of zeros.</summary>
    /// <exception cref="ArgumentException">An axis shorter than 1, or more than 2^31−17 elements.</exception>
    public Tensor(Shape shape)
        : this(shape, new MemoryBlock(CheckedCount(shape)), 0) =>
        Span.Clear();

    internal Tensor(Shape shape, MemoryBlock block, long start)
    {
        Shape = shape;
        this.block = block;
        this.start = start;
        Length = CheckedCount(shape);
    }

    /// <summary>The axis lengths.</summary>
    public Shape Shape { get; }

    /// <summary>How many elements there are.</summary>
    public int Length { get; }

    /// <summary>All elements in memory order.</summary>
    public Span<float> Span => block.Span(start, Length);

    internal float* Pointer => block.Pointer + start;

    internal MemoryBlock Block => block;

    internal long Start => start;

    /// <summary>A tensor that copies <paramref name="data"/>.</summary>
    /// <exception cref="ArgumentException">The number of elements is not that of the shape.</exception>
    public static Tensor From(Shape shape, ReadOnlySpan<float> data)
    {
        if (CheckedCount(shape) != data.Length)
        {
            throw new ArgumentException($"A tensor of shape {shape} has {shape.Count} elements, but {data.Length} were given.");
        }

        Tensor tensor = new(shape, new MemoryBlock(data.Length), 0);
        data.CopyTo(tensor.Span);
        return tensor;
    }

    /// <summary>A tensor of rank 0.</summary>
    public static Tensor Scalar(float value) => From(Shape.Scalar, [value]);

    /// <summary>The same memory under another shape.</summary>
    /// <exception cref="ArgumentException">The number of elements differs.</exception>
    public Tensor Reshape(Shape shape) => shape.Count == Length
        ? new Tensor(shape, block, start)
        : throw new ArgumentException($"A tensor of shape {Shape} cannot be seen as {shape}: {Length} elements are not {shape.Count}.");

    /// <summary>A copy with memory of its own.</summary>
    public Tensor Copy() => From(Shape, Span);

    private static int CheckedCount(Shape shape)
    {
        foreach (int length in shape.Span)
        {
            if (length < 1)
            {
                throw new ArgumentException($"A tensor cannot have shape {shape}: every axis is at least 1 long.");
            }
        }

        long count = shape.Count;
        return count <= Array.MaxLength - 16
            ? (int)count
            : throw new ArgumentException($"A tensor of shape {shape} has {count:N0} elements; the most is 2^31 - 17.");
    }
}
