using System.Globalization;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>Layers one after the other; without names they are called 0, 1, 2, … as in PyTorch.</summary>
public sealed class Sequential : Layer
{
    private readonly List<Layer> layers = [];

    /// <summary>Numbered layers.</summary>
    public Sequential(params ReadOnlySpan<Layer> layers)
    {
        foreach (Layer layer in layers)
        {
            Add(this.layers.Count.ToString(CultureInfo.InvariantCulture), layer);
        }
    }

    /// <summary>Named layers.</summary>
    public Sequential(params ReadOnlySpan<(string Name, Layer Layer)> layers)
    {
        foreach ((string name, Layer layer) in layers)
        {
            Add(name, layer);
        }
    }

    /// <summary>The layers in their order.</summary>
    public IReadOnlyList<Layer> Layers => layers;

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        foreach (Layer layer in layers)
        {
            x = layer.Forward(x);
        }

        return x;
    }

    private void Add(string name, Layer layer) => layers.Add(Register(name, layer));
}
