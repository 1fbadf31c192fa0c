using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Compile;

/// <summary>Drops nodes that no output and no assignment needs.</summary>
internal static class DeadCode
{
    public static Computation Remove(Computation computation)
    {
        bool[] needed = Needed(computation);
        return Rewriter.Run(computation, static (_, _) => null, node => needed[node.Id]);
    }

    private static bool[] Needed(Computation computation)
    {
        bool[] needed = new bool[computation.Graph.Nodes.Count];
        foreach (Value root in computation.Roots)
        {
            needed[root.Node.Id] = true;
        }

        for (int id = needed.Length - 1; id >= 0; id--)
        {
            if (needed[id])
            {
                foreach (Value input in computation.Graph.Nodes[id].Inputs)
                {
                    needed[input.Node.Id] = true;
                }
            }
        }

        return needed;
    }
}
