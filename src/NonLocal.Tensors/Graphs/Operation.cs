using System.Numerics;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// One kind of work in a graph, with everything known about it: shape rule, literal definition, gradient rule, cost, kernel.
/// </summary>
/// <remarks>
/// Operations are records: two with the same fields do the same thing. They hold numbers, never values or tensors
/// (but <see cref="Constant"/> and <see cref="ReadVariable"/>).
/// </remarks>
public abstract record Operation
{
    /// <summary>Lower-case name for messages and reports, such as <c>matrix product</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Output shapes for the given input shapes.</summary>
    /// <exception cref="ShapeException">The inputs do not fit; the graph adds the layer's name.</exception>
    public abstract Shape[] InferShapes(ReadOnlySpan<Shape> inputs);

    /// <summary>
    /// The literal definition: plain loops that compute the outputs from the inputs. What every kernel is tested against.
    /// </summary>
    public abstract void Define<T>(Evaluation<T> evaluation)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>The gradient rule, as graph: a gradient for each input (null: none), given those of the outputs (null: zero).</summary>
    /// <exception cref="NotSupportedException">The operation has no gradient rule (fused gradient operations).</exception>
    public virtual Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) =>
        throw new NotSupportedException($"{Name} has no gradient rule{(node.Layer.Length == 0 ? "" : $" (in {node.Layer})")}.");

    /// <summary>False when two runs on the same inputs may differ, so that no pass may merge or move it out of the program.</summary>
    public virtual bool IsPure => true;

    /// <summary>
    /// True when the kernel reads each element of this input only before it writes the same element of its first output, so that both
    /// may share memory. Asked only for inputs of the first output's shape.
    /// </summary>
    public virtual bool MayOverwrite(int input) => false;

    /// <summary>Multiply-adds that the operation executes; 0 for work that is counted by bytes.</summary>
    public virtual long MultiplyAdds(Node node) => 0;

    /// <summary>
    /// The fast kernel for one place in a program, or null: then the literal definition runs. Called once, at compile time;
    /// memory addresses are known only when the step runs.
    /// </summary>
    public virtual Step? Bind(Binding binding) => null;

    /// <summary>Throws a shape error unless the number of inputs is as expected.</summary>
    protected void ExpectInputs(ReadOnlySpan<Shape> inputs, int count)
    {
        if (inputs.Length != count)
        {
            throw new ShapeException($"takes {count} inputs, got {inputs.Length}.");
        }
    }
}
