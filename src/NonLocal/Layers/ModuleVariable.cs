using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>A variable of a module under its published name.</summary>
/// <param name="Name">The state-dict name seen from the module that was asked, such as <c>layer1.0.conv1.weight</c>.</param>
/// <param name="Variable">The tensor; the same one under several names where a module is shared.</param>
/// <param name="Layout">How it lies in published files.</param>
/// <param name="Initializer">Writes its first value.</param>
public sealed record ModuleVariable(string Name, Variable Variable, WeightLayout Layout, Initializer Initializer)
{
    /// <summary>The shape that it has in published files.</summary>
    public Shape PublishedShape => Layout.ToPublished(Variable.Shape);
}
