using System.Numerics;

namespace NonLocal.Tensors.Graphs;

/// <summary>What a literal definition sees: input and output elements in memory order, and their shapes.</summary>
public sealed unsafe class Evaluation<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Node node;
    private readonly T*[] inputs;
    private readonly T*[] outputs;

    internal Evaluation(Node node)
    {
        this.node = node;
        inputs = new T*[node.Inputs.Count];
        outputs = new T*[node.Outputs.Count];
    }

    /// <summary>How many inputs there are.</summary>
    public int InputCount => inputs.Length;

    /// <summary>Elements of an input.</summary>
    public ReadOnlySpan<T> Input(int index) => new(inputs[index], (int)node.Inputs[index].Shape.Count);

    /// <summary>Elements of an output, to be written. Undefined before.</summary>
    public Span<T> Output(int index) => new(outputs[index], (int)node.Outputs[index].Shape.Count);

    /// <summary>Shape of an input.</summary>
    public Shape InputShape(int index) => node.Inputs[index].Shape;

    /// <summary>Shape of an output.</summary>
    public Shape OutputShape(int index) => node.Outputs[index].Shape;

    internal void SetInput(int index, T* address) => inputs[index] = address;

    internal void SetOutput(int index, T* address) => outputs[index] = address;
}
