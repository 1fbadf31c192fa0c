using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>Layers without variables, for a <see cref="Sequential"/>. In code of one's own, the functions of values do the same.</summary>
public static class Functions
{
    /// <summary>max(x, 0).</summary>
    public static Function Relu() => new(x => x.Relu());

    /// <summary>The largest element of every window.</summary>
    /// <param name="kernel">Window lengths, one for each spatial axis.</param>
    /// <param name="stride">Steps of the window; null: its lengths, as in PyTorch.</param>
    /// <param name="padding">Positions on both sides that never win; null: 0.</param>
    public static Function MaxPool(Shape kernel, Shape? stride = null, Shape? padding = null)
    {
        ConvolutionGeometry window = ConvolutionGeometry.Create(kernel, stride ?? kernel, padding);
        return new(x => x.MaxPool(window));
    }

    /// <summary>The mean of every window; padding counts as zeros.</summary>
    /// <param name="kernel">Window lengths, one for each spatial axis.</param>
    /// <param name="stride">Steps of the window; null: its lengths, as in PyTorch.</param>
    /// <param name="padding">Zeros on both sides; null: 0.</param>
    public static Function AveragePool(Shape kernel, Shape? stride = null, Shape? padding = null)
    {
        ConvolutionGeometry window = ConvolutionGeometry.Create(kernel, stride ?? kernel, padding);
        return new(x => x.AveragePool(window));
    }

    /// <summary>Means over a fixed number of bins along each spatial axis.</summary>
    public static Function AdaptiveAveragePool(Shape positions) => new(x => x.AdaptiveAveragePool(positions));

    /// <summary>Resizes each spatial axis linearly.</summary>
    /// <param name="positions">The new lengths.</param>
    /// <param name="alignCorners">Whether the first and last positions stay where they are.</param>
    public static Function ResizeLinear(Shape positions, bool alignCorners = false) => new(x => x.ResizeLinear(positions, alignCorners));

    /// <summary>
    /// [batch, everything else]. The order is the engine's, channels last: a linear layer after it has its inputs in another order
    /// than in PyTorch, unless
    /// there is one position only.
    /// </summary>
    public static Function Flatten() => new(x => x.Reshape([x.Shape[0], checked((int)(x.Shape.Count / x.Shape[0]))]));
}
