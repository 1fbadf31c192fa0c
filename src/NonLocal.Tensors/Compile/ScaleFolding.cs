using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Compile;

/// <summary>
/// product(x, W) · s with s one number per output channel, W and s made of variables: becomes product(x, W·s). This is how a batch
/// norm disappears at inference; its shift goes into the bias by <see cref="EpilogueFusion"/>.
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

        return Fold(rewriter, node, node.Inputs[0], node.Inputs[1]) ?? Fold(rewriter, node, node.Inputs[1], node.Inputs[0]);
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

        return rewriter.Target.Apply(host.Operation, inputs);
    }
}
