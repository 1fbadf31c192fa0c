using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>A layer without variables, made of a function: keeps a place in a <see cref="Sequential"/>.</summary>
/// <param name="apply">Connects the value.</param>
public sealed class Function(Func<Value, Value> apply) : Layer
{
    /// <inheritdoc/>
    protected override Value Build(Value x) => apply(x);
}
