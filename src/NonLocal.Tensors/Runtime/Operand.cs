namespace NonLocal.Tensors.Runtime;

/// <summary>Where a kernel finds one of its tensors. The address is known when the program runs, not when the kernel is bound.</summary>
public sealed unsafe class Operand
{
    internal Operand(Shape shape, MemoryBlock block, long offset = 0)
    {
        Shape = shape;
        Block = block;
        Offset = offset;
    }

    /// <summary>The tensor's axis lengths.</summary>
    public Shape Shape { get; }

    /// <summary>The first element. Read it inside the step, never while binding.</summary>
    public float* Pointer => Block.Pointer + Offset;

    /// <summary>How many elements.</summary>
    public long Count => Shape.Count;

    internal MemoryBlock Block { get; private set; }

    internal long Offset { get; set; }

    /// <summary>Takes the place of another operand of the same size.</summary>
    internal void MoveTo(Operand other)
    {
        Block = other.Block;
        Offset = other.Offset;
    }
}
