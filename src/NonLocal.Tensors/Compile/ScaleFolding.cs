using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Compile;

/// <summary>
/// product(x, W) · s with s one number per output channel, W and s made of variables: becomes product(x, W·s), and (product(x, W) + b) · s
/// becomes product(x, W·s) + b·s. This is how a batch norm disappears at inference; its shift goes into the bias by
/// <see cref="EpilogueFusion"/>.
/// </summary>
internal static class ScaleFolding
{
    public static Computation Fold(Computation computation) => Rewriter.Run(computation, Replace);

    private static Value? Replace(Rewriter rewriter, Node node)
    {
        if (node.Operation is not Binary { Kind: BinaryKind.Multiply })
        {
            return null;
        }

        (Value left, Value right) = (node.Inputs[0], node.Inputs[1]);
        return Fold(rewriter, node, left, right)
            ?? Fold(rewriter, node, right, left)
            ?? FoldSum(rewriter, node, left, right)
            ?? FoldSum(rewriter, node, right, left);
    }

    // The bias stands between product and factor.
    private static Value? FoldSum(Rewriter rewriter, Node node, Value sum, Value factor)
    {
        if (sum.Node.Operation is not Binary { Kind: BinaryKind.Add } || rewriter.Uses(sum) != 1)
        {
            return null;
        }

        (Value left, Value right) = (sum.Node.Inputs[0], sum.Node.Inputs[1]);
        return FoldSum(rewriter, node, left, right, factor) ?? FoldSum(rewriter, node, right, left, factor);
    }

    private static Value? FoldSum(Rewriter rewriter, Node node, Value product, Value bias, Value factor)
    {
        Value added = rewriter[bias];
        bool isBias = added.Shape.Count == product.Shape.Last
            && added.Shape.Last == product.Shape.Last
            && VariableOnly.Sources(added) != null;
        return isBias && Fold(rewriter, node, product, factor) is { } folded ? folded + (added * rewriter[factor]) : null;
    }

    private static Value? Fold(Rewriter rewriter, Node node, Value product, Value factor)
    {
        Node host = rewriter[product].Node;
        Value scale = rewriter[factor];
        int channels = product.Shape.Last;
        bool fits = host.Operation is IEpilogueHost { WeightInput: not null, Epilogue: { Residual: false, Activation: Activation.None } }
            && rewriter.Uses(product) == 1
            && product.Shape == node.Outputs[0].Shape
            && scale.Shape.Count == channels
            && scale.Shape.Last == channels
            && VariableOnly.Sources(scale) != null;
        if (!fits)
        {
            return null;
        }

        IEpilogueHost operation = (IEpilogueHost)host.Operation;
        int weight = operation.WeightInput!.Value;
        if (VariableOnly.Sources(host.Inputs[weight]) is null || (operation.Epilogue.Bias && VariableOnly.Sources(host.Inputs[^1]) is null))
        {
            return null;
        }

        scale = scale.Reshape([channels]);
        Value[] inputs = [.. host.Inputs];
        inputs[weight] = inputs[weight] * scale;
        if (operation.Epilogue.Bias)
        {
            inputs[^1] = inputs[^1] * scale;
        }

        return rewriter.Target.Add(host.Operation, host.Layer, inputs).Outputs[0];
    }
}
