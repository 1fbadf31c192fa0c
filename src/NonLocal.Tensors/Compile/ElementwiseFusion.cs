using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Compile;

/// <summary>
/// Joins an element-wise operation with the element-wise operations that only it reads, as long as they have its shape.
/// </summary>
/// <remarks>Work on variables only is left alone: it runs once a version.</remarks>
internal static class ElementwiseFusion
{
    // A chain keeps one register block for each input and step in the first-level cache.
    private const int MaximumInputs = 8;
    private const int MaximumSteps = 16;

    public static Computation Fuse(Computation computation) => DeadCode.Remove(Rewriter.Run(computation, Replace));

    private static Value? Replace(Rewriter rewriter, Node node)
    {
        if (!ElementwiseChain.Accepts(node.Operation) || VariableOnly.Sources(node.Outputs[0]) != null)
        {
            return null;
        }

        List<Value> inputs = [];
        List<ChainStep> steps = [];
        int[] operands = new int[node.Inputs.Count];
        for (int i = 0; i < operands.Length; i++)
        {
            operands[i] = Absorb(rewriter, node, node.Inputs[i], inputs, steps);
        }

        bool worthwhile = steps.Count > 0 && inputs.Count <= MaximumInputs && steps.Count < MaximumSteps;
        if (!worthwhile)
        {
            return null;
        }

        steps.Add(new ChainStep(node.Operation, operands[0], operands.Length > 1 ? operands[1] : -1));
        ChainStep[] numbered =
            [.. steps.Select(step => step with { First = Resolve(step.First, inputs), Second = Resolve(step.Second, inputs) })];
        return rewriter.Target.Apply(new ElementwiseChain(node.Outputs[0].Shape, inputs.Count, numbered), [.. inputs]);
    }

    // Operands are written down as input i → i and step s → −2−s until the number of inputs is known (−1 stays: no operand).
    private static int Resolve(int operand, List<Value> inputs) => operand <= -2 ? inputs.Count - 2 - operand : operand;

    private static int Absorb(Rewriter rewriter, Node reader, Value operand, List<Value> inputs, List<ChainStep> steps)
    {
        Value value = rewriter[operand];
        Node producer = value.Node;
        bool alone = rewriter.Uses(operand) == 1 && operand.Shape == reader.Outputs[0].Shape && VariableOnly.Sources(operand) is null;
        if (alone && producer.Operation is ElementwiseChain chain)
        {
            int[] own = [.. producer.Inputs.Select(input => AddInput(inputs, input))];
            int Renumber(int number, int first) =>
                number < 0 ? number : number < chain.InputCount ? own[number] : -2 - first - (number - chain.InputCount);
            int start = steps.Count;
            steps.AddRange(chain.Steps.Select(step =>
                step with { First = Renumber(step.First, start), Second = Renumber(step.Second, start) }));
            return -2 - (steps.Count - 1);
        }

        if (alone && ElementwiseChain.Accepts(producer.Operation))
        {
            int[] own = [.. producer.Inputs.Select(input => AddInput(inputs, input))];
            steps.Add(new ChainStep(producer.Operation, own[0], own.Length > 1 ? own[1] : -1));
            return -2 - (steps.Count - 1);
        }

        return AddInput(inputs, value);
    }

    private static int AddInput(List<Value> inputs, Value input)
    {
        int known = inputs.IndexOf(input);
        if (known >= 0)
        {
            return known;
        }

        inputs.Add(input);
        return inputs.Count - 1;
    }
}
