using System.Numerics;
using System.Runtime.InteropServices;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// Runs a graph by its literal definitions, in float or double, one node after the other. Slow and plain: what compiled
/// programs are compared with.
/// </summary>
public sealed unsafe class Interpreter<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Graph graph;
    private readonly Dictionary<Value, T[]> fed = [];
    private readonly Dictionary<Variable, T[]> variables = [];
    private readonly Dictionary<Value, T[]> results = [];

    /// <summary>An interpreter of a graph.</summary>
    public Interpreter(Graph graph) => this.graph = graph;

    /// <summary>Feeds an input, or replaces what any node would compute.</summary>
    /// <exception cref="ArgumentException">Another number of elements.</exception>
    public void Feed(Value value, ReadOnlySpan<T> content)
    {
        Check(value.Shape, content.Length, value.ToString());
        fed[value] = Pinned(content);
    }

    /// <summary>Gives a variable another value than the one it holds, for this interpreter only.</summary>
    /// <exception cref="ArgumentException">Another number of elements.</exception>
    public void Feed(Variable variable, ReadOnlySpan<T> content)
    {
        Check(variable.Shape, content.Length, variable.Name);
        variables[variable] = Pinned(content);
    }

    /// <summary>
    /// Computes what the given values need. Variables are not written; ask for the values of <see cref="Graph.Assignments"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">An input was not fed.</exception>
    public void Run(params ReadOnlySpan<Value> wanted)
    {
        results.Clear();
        bool[] needed = new bool[graph.Nodes.Count];
        foreach (Value value in wanted)
        {
            needed[value.Node.Id] = true;
        }

        for (int id = needed.Length - 1; id >= 0; id--)
        {
            Node node = graph.Nodes[id];
            if (needed[id] && !node.Outputs.All(fed.ContainsKey))
            {
                foreach (Value input in node.Inputs)
                {
                    needed[input.Node.Id] = true;
                }
            }
        }

        foreach (Node node in graph.Nodes)
        {
            if (needed[node.Id])
            {
                Evaluate(node);
            }
        }
    }

    /// <summary>The elements of a value, after <see cref="Run"/>.</summary>
    public ReadOnlySpan<T> this[Value value] => results.TryGetValue(value, out T[]? content)
        ? content
        : throw new InvalidOperationException($"{value} was not computed: name it in Run.");

    private static void Check(Shape shape, int count, string name)
    {
        if (shape.Count != count)
        {
            throw new ArgumentException($"{name} has {shape.Count} elements, but {count} were given.");
        }
    }

    private static T[] Pinned(ReadOnlySpan<T> content)
    {
        T[] copy = GC.AllocateUninitializedArray<T>(content.Length, pinned: true);
        content.CopyTo(copy);
        return copy;
    }

    private void Evaluate(Node node)
    {
        if (node.Outputs.All(fed.ContainsKey))
        {
            foreach (Value output in node.Outputs)
            {
                results[output] = fed[output];
            }

            return;
        }

        if (node.Operation is GraphInput)
        {
            throw new InvalidOperationException($"Input {graph.InputNames[IndexOfInput(node)]} was not fed.");
        }

        if (node.Operation is ReadVariable read && variables.TryGetValue(read.Variable, out T[]? replaced))
        {
            results[node.Outputs[0]] = replaced;
            return;
        }

        Evaluation<T> evaluation = new(node);
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            evaluation.SetInput(i, Address(results[node.Inputs[i]]));
        }

        foreach (Value output in node.Outputs)
        {
            T[] content = GC.AllocateUninitializedArray<T>(checked((int)output.Shape.Count), pinned: true);

            // Undefined content must not look right by accident.
            content.AsSpan().Fill(T.NaN);
            results[output] = content;
            evaluation.SetOutput(output.Index, Address(content));
        }

        node.Operation.Define(evaluation);
    }

    private int IndexOfInput(Node node)
    {
        for (int i = 0; i < graph.Inputs.Count; i++)
        {
            if (graph.Inputs[i].Node == node)
            {
                return i;
            }
        }

        return -1;
    }

    private static T* Address(T[] pinned) => (T*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
}
