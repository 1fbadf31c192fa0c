using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Compile;

/// <summary>What one node's kernel is bound with.</summary>
internal sealed class StepBinding(ProgramBuilder builder, Node node, Operand[] inputs, Operand[] outputs)
    : Binding(inputs, outputs, builder.Pool)
{
    private readonly HashSet<int> packed = [];

    /// <summary>True when the kernel reads another form of an input and so never the input itself.</summary>
    public bool IsPacked(int input) => packed.Contains(input);

    public override Operand Scratch(long floats)
    {
        Operand scratch = builder.NewBuffer(new Shape(checked((int)Math.Max(1, floats))));
        builder.UseNow(scratch);
        return scratch;
    }

    public override Operand? Packed(int input, string form, long floats, Pack pack)
    {
        if (VariableOnly.Sources(node.Inputs[input]) is null)
        {
            return null;
        }

        packed.Add(input);
        return builder.Derived.Pack(node.Inputs[input], form, floats, pack);
    }
}
