using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Compile;

/// <summary>Which node is the last to read the memory of a value, through all its views.</summary>
internal sealed class Liveness
{
    private readonly Dictionary<Value, Value> origin = [];
    private readonly Dictionary<Value, int> lastReader = [];

    public Liveness(Computation computation)
    {
        foreach (Node node in computation.Graph.Nodes)
        {
            if (IsView(node.Operation))
            {
                Value source = Origin(node.Inputs[0]);
                origin[node.Outputs[0]] = source;
                continue;
            }

            foreach (Value input in node.Inputs)
            {
                lastReader[Origin(input)] = node.Id;
            }
        }

        foreach (Value root in computation.Roots)
        {
            lastReader[Origin(root)] = int.MaxValue;
        }
    }

    /// <summary>Operations whose output is their input's memory.</summary>
    public static bool IsView(Operation operation) => operation is Reshape or StopGradient;

    /// <summary>
    /// True when <paramref name="reader"/> is the last to read the memory of <paramref name="value"/> and reads it under one shape only.
    /// </summary>
    public bool EndsAt(Value value, Node reader)
    {
        Value source = Origin(value);
        return lastReader.GetValueOrDefault(source, -1) == reader.Id
            && reader.Inputs.All(input => Origin(input) != source || input.Shape == value.Shape);
    }

    /// <summary>True when nobody reads the memory of <paramref name="value"/> at <paramref name="node"/> or later.</summary>
    public bool EndsBefore(Value value, Node node) => lastReader.GetValueOrDefault(Origin(value), -1) < node.Id;

    /// <summary>The value whose memory this one is seen through.</summary>
    public Value Origin(Value value) => origin.GetValueOrDefault(value, value);
}
