using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Compile;

/// <summary>
/// Which values are made of variables (as they are before the run) and numbers only. They are computed once a version, not once a run.
/// </summary>
internal static class VariableOnly
{
    /// <summary>
    /// The variables that a value is made of; null when something that is fed, constant data or randomness goes into it, or a variable that
    /// this graph writes: such a value changes with every run, so there is nothing to keep.
    /// </summary>
    public static Variable[]? Sources(Value value)
    {
        if (!value.Node.IsMadeOfVariables)
        {
            return null;
        }

        HashSet<Variable> found = [];
        Collect(value.Node, found);
        return found.Count > 0 && !found.Any(value.Graph.Assignments.ContainsKey)
            ? [.. found.OrderBy(variable => variable.Id)]
            : null;
    }

    /// <summary>Names a value made of variables completely: two equal keys are the same computation.</summary>
    public static string Key(Value value) => value.Node.Operation switch
    {
        ReadVariable read => $"v{read.Variable.Id}",
        Operation operation => $"{operation}({string.Join(',', value.Node.Inputs.Select(Key))}).{value.Index}",
    };

    private static void Collect(Node node, HashSet<Variable> found)
    {
        if (node.Operation is ReadVariable read)
        {
            found.Add(read.Variable);
        }

        foreach (Value input in node.Inputs)
        {
            Collect(input.Node, found);
        }
    }
}
