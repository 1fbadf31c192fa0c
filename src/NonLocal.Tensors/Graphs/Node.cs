namespace NonLocal.Tensors.Graphs;

/// <summary>One operation applied to values.</summary>
public sealed class Node
{
    internal Node(Graph graph, int id, string layer, Operation operation, Value[] inputs, ReadOnlySpan<Shape> outputs)
    {
        Graph = graph;
        Id = id;
        Layer = layer;
        Operation = operation;
        Inputs = inputs;
        Value[] values = new Value[outputs.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = new Value(this, i, outputs[i]);
        }

        Outputs = values;
        IsMadeOfVariables = operation switch
        {
            ReadVariable or Number => true,
            GraphInput or Constant => false,
            _ => operation.IsPure && outputs.Length == 1 && Array.TrueForAll(inputs, input => input.Node.IsMadeOfVariables),
        };
    }

    /// <summary>The graph it belongs to.</summary>
    public Graph Graph { get; }

    /// <summary>Its place in the graph: inputs come from nodes with smaller numbers.</summary>
    public int Id { get; }

    /// <summary>Dotted path of the layer that made it, such as <c>layer2.0.conv1</c>; empty outside layers.</summary>
    public string Layer { get; }

    /// <summary>What it does.</summary>
    public Operation Operation { get; }

    /// <summary>What it reads.</summary>
    public IReadOnlyList<Value> Inputs { get; }

    /// <summary>What it makes.</summary>
    public IReadOnlyList<Value> Outputs { get; }

    /// <summary>
    /// Only variables (as they are before the run) and numbers go into it, so it is computed once a version, not once a run.
    /// </summary>
    internal bool IsMadeOfVariables { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Layer}:{Operation.Name}#{Id}";
}
