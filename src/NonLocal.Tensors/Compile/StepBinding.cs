using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Compile;

/// <summary>What one node's kernel is bound with.</summary>
internal sealed unsafe class StepBinding(ProgramBuilder builder, Node node, Operand[] inputs, Operand[] outputs)
    : Binding(inputs, outputs, builder.Pool)
{
    public override Operand Scratch(long floats)
    {
        Operand scratch = builder.NewBuffer(new Shape(checked((int)Math.Max(1, floats))));
        builder.UseNow(scratch);
        return scratch;
    }

    public override Operand? Packed(int input, string form, long floats, Pack pack)
    {
        Value value = node.Inputs[input];
        if (VariableOnly.Sources(value) is not { } sources)
        {
            return null;
        }

        Operand source = Inputs[input];
        return builder.Derive(
            $"{form}<{VariableOnly.Key(value)}",
            new Shape(checked((int)floats)),
            sources,
            packed => () => pack(source.Pointer, packed.Pointer));
    }
}
