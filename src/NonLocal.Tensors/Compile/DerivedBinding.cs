using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Compile;

/// <summary>
/// What a kernel is bound with that makes a derived copy: it runs once a version, outside the plan, so its scratch is its own.
/// </summary>
internal sealed class DerivedBinding(Operand[] inputs, Operand[] outputs, WorkerPool pool) : Binding(inputs, outputs, pool)
{
    public override Operand Scratch(long floats) => new(new Shape(checked((int)Math.Max(1, floats))), new MemoryBlock(Math.Max(1, floats)));

    public override Operand? Packed(int input, string form, long floats, Pack pack) => null;
}
