using System.Globalization;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>Modules called 0, 1, 2, …, as in PyTorch's ModuleList; what they do with each other is the owner's business.</summary>
/// <typeparam name="T">What they are.</typeparam>
public sealed class ModuleList<T> : Module
    where T : Module
{
    private readonly List<T> items = [];

    /// <summary>Numbers modules in their order.</summary>
    public ModuleList(IEnumerable<T> modules)
    {
        foreach (T module in modules)
        {
            items.Add(Register(items.Count.ToString(CultureInfo.InvariantCulture), module));
        }
    }

    /// <summary>The modules in their order.</summary>
    public IReadOnlyList<T> Items => items;

    /// <summary>
    /// To be called before graph is built of the modules: nodes carry the list's name, before the modules' own, until the scope is
    /// disposed.
    /// </summary>
    public Graph.LayerScope Scope(Graph graph) => Enter(graph);
}
