namespace NonLocal.Tensors.Graphs;

/// <summary>Reverse-mode differentiation: reads a graph and adds the nodes that compute gradients to it.</summary>
public static class Differentiation
{
    /// <summary>Gradients of Σ ⟨output, cotangent⟩ with respect to chosen values.</summary>
    /// <param name="outputs">What is differentiated.</param>
    /// <param name="cotangents">
    /// The weight of each output's elements: values of the outputs' shapes. For one scalar loss: the number 1.
    /// </param>
    /// <param name="targets">Inputs, parameter reads or intermediate values.</param>
    /// <returns>For each target its gradient, of the target's shape; null where the outputs do not depend on it.</returns>
    /// <exception cref="ShapeException">A cotangent does not have its output's shape.</exception>
    /// <exception cref="NotSupportedException">An operation on the way has no gradient rule.</exception>
    public static Value?[] Gradients(IReadOnlyList<Value> outputs, IReadOnlyList<Value> cotangents, IReadOnlyList<Value> targets)
    {
        if (outputs.Count == 0 || outputs.Count != cotangents.Count)
        {
            throw new ArgumentException($"{outputs.Count} outputs and {cotangents.Count} cotangents: each output needs one.");
        }

        Graph graph = outputs[0].Graph;
        int forwardNodes = graph.Nodes.Count;
        bool[] wanted = DependsOn(graph, targets);
        Dictionary<Value, Value> gradients = [];
        for (int i = 0; i < outputs.Count; i++)
        {
            if (cotangents[i].Shape != outputs[i].Shape)
            {
                throw new ShapeException(
                    $"the cotangent of output {i} has shape {cotangents[i].Shape}, expected that of the output, {outputs[i].Shape}.");
            }

            Accumulate(gradients, outputs[i], cotangents[i]);
        }

        for (int id = forwardNodes - 1; id >= 0; id--)
        {
            Node node = graph.Nodes[id];
            if (wanted[id] && node.Inputs.Count > 0)
            {
                Visit(node, gradients, wanted);
            }
        }

        return [.. targets.Select(target => gradients.GetValueOrDefault(target))];
    }

    /// <summary>Gradients of a scalar loss with respect to chosen values.</summary>
    public static Value?[] Gradients(Value loss, IReadOnlyList<Value> targets) =>
        Gradients([loss], [loss.Graph.Constant(1).Reshape(loss.Shape)], targets);

    private static void Visit(Node node, Dictionary<Value, Value> gradients, bool[] wanted)
    {
        Value?[] outputGradients = [.. node.Outputs.Select(output => gradients.GetValueOrDefault(output))];
        if (outputGradients.All(gradient => gradient is null))
        {
            return;
        }

        using Graph.LayerScope scope = node.Graph.EnterExactly(node.Layer);
        Value?[] inputGradients = node.Operation.Differentiate(node, outputGradients);
        for (int i = 0; i < inputGradients.Length; i++)
        {
            Value input = node.Inputs[i];
            if (inputGradients[i] is not { } gradient || !wanted[input.Node.Id])
            {
                continue;
            }

            if (gradient.Shape != input.Shape)
            {
                throw new InvalidOperationException(
                    $"The gradient rule of {node} gave shape {gradient.Shape} for input {i} of shape {input.Shape}.");
            }

            Accumulate(gradients, input, gradient);
        }
    }

    private static void Accumulate(Dictionary<Value, Value> gradients, Value value, Value gradient) =>
        gradients[value] = gradients.TryGetValue(value, out Value? sum) ? Sum(sum, gradient) : gradient;

    // What only repeats (the gradient of a mean, of a sum) is added as it is: the repetition is never stored.
    private static Value Sum(Value a, Value b) => b.Node.Operation is Broadcast
        ? a + b.Node.Inputs[0]
        : a.Node.Operation is Broadcast ? a.Node.Inputs[0] + b : a + b;

    // Nodes through which a target is reached from the outputs: only these need gradients.
    private static bool[] DependsOn(Graph graph, IReadOnlyList<Value> targets)
    {
        bool[] depends = new bool[graph.Nodes.Count];
        foreach (Value target in targets)
        {
            depends[target.Node.Id] = true;
        }

        foreach (Node node in graph.Nodes)
        {
            depends[node.Id] |= node.Inputs.Any(input => depends[input.Node.Id]);
        }

        return depends;
    }
}
