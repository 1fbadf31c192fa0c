using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>
/// Layer norm over the last axes of each sample: (x − mean) / √(variance + ε) · weight + bias, with a weight and bias for every element of
/// these axes.
/// </summary>
public sealed class LayerNorm : Layer
{
    private readonly Shape shape;
    private readonly double epsilon;
    private readonly Variable? weight;
    private readonly Variable? bias;

    /// <summary>A layer norm.</summary>
    /// <param name="shape">
    /// The last axes in the engine's order: [channels], or [height, width, channels] for PyTorch's <c>LayerNorm([C, H, W])</c>.
    /// </param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="affine">With learned weight and bias.</param>
    public LayerNorm(Shape shape, double epsilon = 1e-5, bool affine = true)
    {
        this.shape = shape;
        this.epsilon = epsilon;
        if (affine)
        {
            weight = Parameter("weight", shape, Initializers.Ones, WeightLayout.Map);
            bias = Parameter("bias", shape, Initializers.Zeros, WeightLayout.Map);
        }
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        if (x.Shape.Rank < shape.Rank || x.Shape[^shape.Rank..] != shape)
        {
            throw new ShapeException(x.Graph.Layer, "layer norm", $"expects a map that ends in {shape}, got {x.Shape}.");
        }

        return x.LayerNorm(shape.Rank, weight is null ? null : x.Graph.Read(weight), bias is null ? null : x.Graph.Read(bias), epsilon);
    }
}
