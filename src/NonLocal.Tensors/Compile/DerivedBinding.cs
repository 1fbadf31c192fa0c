using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Compile;

/// <summary>What a kernel is bound with that makes a derived value: it runs once a version, outside the plan.</summary>
internal sealed class DerivedBinding(Operand[] inputs, Operand[] outputs, WorkerPool pool, Func<Shape, Operand> passing)
    : Binding(inputs, outputs, pool)
{
    public override Operand Scratch(long floats) => passing(new Shape(checked((int)Math.Max(1, floats))));

    public override Operand? Packed(int input, string form, long floats, Pack pack) => null;
}
