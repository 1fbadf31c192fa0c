using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Compile;

/// <summary>
/// Which steps may write a variable's new value straight into its memory: those after which nobody reads the old one. An optimiser's update
/// then needs neither arena nor copy.
/// </summary>
internal sealed class AssignmentsInPlace
{
    private readonly Dictionary<Value, Variable> targets = [];
    private readonly Dictionary<Variable, Value> reads = [];
    private readonly Liveness liveness;

    public AssignmentsInPlace(Computation computation, Liveness liveness)
    {
        this.liveness = liveness;

        // What is an output, or goes into two variables, needs memory of its own.
        Dictionary<Value, int> roots = [];
        foreach (Value root in computation.Roots.Select(liveness.Origin))
        {
            roots[root] = roots.GetValueOrDefault(root) + 1;
        }

        foreach ((Variable variable, Value value) in computation.Graph.Assignments)
        {
            if (roots[liveness.Origin(value)] == 1)
            {
                targets[liveness.Origin(value)] = variable;
            }
        }

        foreach (Node node in computation.Graph.Nodes)
        {
            if (node.Operation is ReadVariable read)
            {
                reads[read.Variable] = node.Outputs[0];
            }
        }
    }

    /// <summary>The variable whose memory takes the node's output; null: none.</summary>
    public Variable? VariableFor(Node node)
    {
        if (node.Outputs.Count != 1 || !targets.TryGetValue(node.Outputs[0], out Variable? variable))
        {
            return null;
        }

        bool free = !reads.TryGetValue(variable, out Value? before)
            || liveness.EndsBefore(before, node)
            || (liveness.EndsAt(before, node) && MayOverwrite(node, before));
        return free ? variable : null;
    }

    private bool MayOverwrite(Node node, Value before)
    {
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            bool isOld = liveness.Origin(node.Inputs[i]) == before;
            if (isOld && (node.Inputs[i].Shape != node.Outputs[0].Shape || !node.Operation.MayOverwrite(i)))
            {
                return false;
            }
        }

        return true;
    }
}
