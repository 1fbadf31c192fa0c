using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>A module that makes one value from one value.</summary>
public abstract class Layer : Module
{
    /// <summary>Connects the layer to a value: adds its nodes to the value's graph, under the layer's name.</summary>
    /// <param name="x">Usually a feature map [batch, positions…, channels].</param>
    /// <exception cref="NonLocal.Tensors.ShapeException">
    /// The shape does not fit; the message names the layer by its dotted path.
    /// </exception>
    public Value Forward(Value x)
    {
        using Graph.LayerScope scope = Enter(x.Graph);
        return Build(x);
    }

    /// <summary>Adds the layer's nodes.</summary>
    protected abstract Value Build(Value x);
}
