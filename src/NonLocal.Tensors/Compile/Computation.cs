using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Compile;

/// <summary>A graph and what is wanted from it: the outputs, and the assignments that the graph itself holds.</summary>
internal sealed record Computation(Graph Graph, IReadOnlyList<Value> Outputs)
{
    /// <summary>Values that must be computed: outputs and final values of assigned variables.</summary>
    public IEnumerable<Value> Roots => Outputs.Concat(Graph.Assignments.Values);
}

/// <summary>Copies a computation node by node into a new graph; a pass decides what to put in place of each node.</summary>
internal sealed class Rewriter
{
    private readonly Computation source;
    private readonly Dictionary<Value, Value> map = [];
    private readonly Dictionary<Value, int> uses = [];

    private Rewriter(Computation source)
    {
        this.source = source;
        foreach (Value value in source.Graph.Nodes.SelectMany(node => node.Inputs).Concat(source.Roots))
        {
            uses[value] = uses.GetValueOrDefault(value) + 1;
        }
    }

    /// <summary>The graph being written.</summary>
    public Graph Target { get; } = new();

    /// <summary>Runs a pass: <paramref name="replace"/> gives one value for a single-output node, or null to copy the node.</summary>
    public static Computation Run(Computation source, Func<Rewriter, Node, Value?> replace) =>
        Run(source, (rewriter, node) => node.Outputs.Count == 1 && replace(rewriter, node) is { } value ? [value] : null, _ => true);

    /// <summary>
    /// Runs a pass: <paramref name="replace"/> gives a value for each output of a node, or null to copy the node; nodes that are not to be
    /// kept are left out.
    /// </summary>
    public static Computation Run(Computation source, Func<Rewriter, Node, IReadOnlyList<Value>?> replace, Func<Node, bool> keep)
    {
        Rewriter rewriter = new(source);
        foreach (Node node in source.Graph.Nodes)
        {
            if (node.Operation is GraphInput || keep(node))
            {
                rewriter.Visit(node, replace);
            }
        }

        foreach ((Variable variable, Value value) in source.Graph.Assignments)
        {
            rewriter.Target.Assign(variable, rewriter[value]);
        }

        return new Computation(rewriter.Target, [.. source.Outputs.Select(output => rewriter[output])]);
    }

    /// <summary>What stands in the new graph for a value of the old one.</summary>
    public Value this[Value old] => map[old];

    /// <summary>How often a value of the old graph is read (as an output or assignment too).</summary>
    public int Uses(Value old) => uses.GetValueOrDefault(old);

    private void Visit(Node node, Func<Rewriter, Node, IReadOnlyList<Value>?> replace)
    {
        using Graph.LayerScope scope = Target.EnterExactly(node.Layer);
        switch (node.Operation)
        {
            case GraphInput input:
                map[node.Outputs[0]] = Target.Input(source.Graph.InputNames[Target.Inputs.Count], input.Shape);
                return;
            case ReadVariable read:
                map[node.Outputs[0]] = Target.Read(read.Variable);
                return;
            case Number number:
                map[node.Outputs[0]] = Target.Constant(number.Content);
                return;
        }

        IReadOnlyList<Value> values =
            replace(this, node) ?? Target.Add(node.Operation, [.. node.Inputs.Select(input => map[input])]).Outputs;
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            map[node.Outputs[i]] = values[i];
        }
    }
}
