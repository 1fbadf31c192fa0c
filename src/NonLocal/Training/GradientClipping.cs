using NonLocal.Tensors.Graphs;

namespace NonLocal.Training;

/// <summary>Scales all gradients together when their common norm is too large.</summary>
public static class GradientClipping
{
    // What PyTorch's clip_grad_norm_ adds to the norm.
    private const double Epsilon = 1e-6;

    /// <summary>√Σ ‖g‖² over all gradients, shape scalar.</summary>
    public static Value GlobalNorm(IReadOnlyList<Value> gradients) =>
        gradients.Select(gradient => gradient.Square().Sum().Reshape(Tensors.Shape.Scalar)).Aggregate((a, b) => a + b).SquareRoot();

    /// <summary>Gradients times min(1, maximum ÷ (norm + 1e-6)).</summary>
    public static IReadOnlyList<Value> ClipByGlobalNorm(IReadOnlyList<Value> gradients, double maximum)
    {
        Value norm = GlobalNorm(gradients);
        Value factor = (norm.Graph.Constant(maximum) / (norm + Epsilon)).Minimum(norm.Graph.Constant(1));
        return [.. gradients.Select(gradient => gradient * factor)];
    }
}
