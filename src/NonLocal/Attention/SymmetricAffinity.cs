using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// A = D^-½ M D^-½ with M = (T Pᵀ + P Tᵀ)/2, as a product of thin matrices: with F = √½ D^-½ [T P] and F′ the same with its halves
/// swapped, A = F F′ᵀ, of rank 2d. Degrees come the same way, from the sums of [T P] over the nodes.
/// </summary>
internal sealed class SymmetricAffinity : Affinity
{
    private const int Last = 2;

    private readonly Value features;
    private readonly Value factor;

    /// <summary>The affinity of features that are not negative.</summary>
    /// <param name="features">[T P], [batch, N, 2d].</param>
    public SymmetricAffinity(Value features)
    {
        this.features = features;
        Value degrees = features.MatMul(Swap(features.Sum(1), Last), transposeRight: true) * 0.5;
        factor = features * (InverseRoot(degrees) * Math.Sqrt(0.5));
    }

    /// <inheritdoc/>
    public override Value Apply(Value features)
    {
        long nodes = factor.Shape[1];
        long width = factor.Shape.Last;
        long channels = features.Shape.Last;
        return PairwiseRules.MapIsCheaper(nodes, nodes, width, channels)
            ? factor.MatMul(Swap(factor, Last), transposeRight: true).MatMul(features)
            : factor.MatMul(Swap(factor.MatMul(features, transposeLeft: true), 1));
    }

    /// <inheritdoc/>
    public override Value Rows(params ReadOnlySpan<int> nodes) =>
        Positions.Rows(factor, nodes).MatMul(Swap(factor, Last), transposeRight: true);

    /// <inheritdoc/>
    public override Value Map()
    {
        int width = features.Shape.Last / 2;
        Value theta = features.SliceAxis(Last, 0, width);
        Value phi = features.SliceAxis(Last, width, width);
        Value kernel = theta.MatMul(phi, transposeRight: true);
        Value symmetric = (kernel + kernel.Transpose()) * 0.5;
        Value inverse = InverseRoot(symmetric.Sum(Last));
        return symmetric * inverse * inverse.Transpose();
    }

    // d^-½, and 0 where d is 0: there the root is taken of 1 and dropped, so that the gradient is 0 and not NaN.
    private static Value InverseRoot(Value degrees)
    {
        Value connected = degrees.Step();
        return connected * (degrees + (-connected + 1)).ReciprocalSquareRoot();
    }

    // [T P] becomes [P T], along an axis.
    private static Value Swap(Value halves, int axis)
    {
        int width = halves.Shape[axis] / 2;
        return ((Value[])[halves.SliceAxis(axis, width, width), halves.SliceAxis(axis, 0, width)]).Concat(axis);
    }
}
