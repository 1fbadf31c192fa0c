using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>Multiplies by one learned number: mmcv's <c>Scale</c>, name <c>scale</c>.</summary>
public sealed class Scale : Layer
{
    /// <summary>A scale.</summary>
    /// <param name="first">The number's first value.</param>
    public Scale(double first = 1) => Number = Parameter("scale", Shape.Scalar, Initializers.Constant(first));

    /// <summary>The number, without axes.</summary>
    public Variable Number { get; }

    /// <inheritdoc/>
    protected override Value Build(Value x) => x * x.Graph.Read(Number);
}
