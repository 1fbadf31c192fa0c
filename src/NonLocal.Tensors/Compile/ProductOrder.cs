using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Compile;

/// <summary>
/// (A · B) · W, a product that only a 1×1 convolution reads, becomes A · (B · W) where that takes fewer multiply-adds: with A [N, d] for
/// many positions and B [d, e] for few channels, the convolution is done on d rows and not on N.
/// </summary>
internal static class ProductOrder
{
    // What earlier passes replaced would count as a reader.
    public static Computation Choose(Computation computation) =>
        DeadCode.Remove(Rewriter.Run(DeadCode.Remove(computation), Replace));

    private static Value? Replace(Rewriter rewriter, Node node)
    {
        if (node.Operation is not Convolution { Geometry.IsPointwise: true } convolution
            || convolution.Epilogue != default
            || Product(rewriter, node.Inputs[0]) is not { } product)
        {
            return null;
        }

        Shape a = product.Inputs[0].Shape;
        Shape b = product.Inputs[1].Shape;
        Shape weight = node.Inputs[1].Shape;
        long asWritten = product.Operation.MultiplyAdds(product) + convolution.MultiplyAdds(node);
        long reordered = (b.Rows * weight[^2] * weight.Last) + (a.Rows * a.Last * weight.Last);
        if (reordered >= asWritten)
        {
            return null;
        }

        Value factor = rewriter[product.Inputs[1]].MatMul(rewriter[node.Inputs[1]].Reshape([weight[^2], weight.Last]));
        return rewriter[product.Inputs[0]].MatMul(factor).Reshape(node.Outputs[0].Shape);
    }

    // The plain product behind a value that nobody else reads; its positions may have another shape since.
    private static Node? Product(Rewriter rewriter, Value value)
    {
        int channels = value.Shape.Last;
        while (value.Node.Operation is Reshape && value.Shape.Last == channels && rewriter.Uses(value) == 1)
        {
            value = value.Node.Inputs[0];
        }

        return value.Node.Operation is MatMul { TransposeLeft: false, TransposeRight: false } product
            && product.Epilogue == default
            && value.Shape.Last == channels
            && rewriter.Uses(value) == 1
            ? value.Node
            : null;
    }
}
