using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Compile;

/// <summary>
/// Moves a bias, then a residual, then an activation that follow a product or convolution into its epilogue, where the numbers are
/// still in registers.
/// </summary>
internal static class EpilogueFusion
{
    public static Computation Fuse(Computation computation) => Rewriter.Run(computation, Replace);

    private static Value? Replace(Rewriter rewriter, Node node) => node.Operation switch
    {
        Binary { Kind: BinaryKind.Add } =>
            Add(rewriter, node, node.Inputs[0], node.Inputs[1]) ?? Add(rewriter, node, node.Inputs[1], node.Inputs[0]),
        Unary { Kind: UnaryKind.Relu } => Activate(rewriter, node.Inputs[0]),
        _ => null,
    };

    private static Value? Add(Rewriter rewriter, Node node, Value product, Value addend)
    {
        if (Host(rewriter, product) is not { } host || product.Shape != node.Outputs[0].Shape)
        {
            return null;
        }

        Epilogue epilogue = ((IEpilogueHost)host.Operation).Epilogue;
        Value added = rewriter[addend];
        if (epilogue.Residual)
        {
            return null;
        }

        int channels = product.Shape.Last;
        if (added.Shape.Count == channels && added.Shape.Last == channels && product.Shape.Count != channels)
        {
            return AddBias(rewriter, host, epilogue, added.Reshape([channels])).Reshape(product.Shape);
        }

        return added.Shape == product.Shape
            ? Emit(rewriter, host, epilogue with { Residual = true }, [.. host.Inputs, added.Reshape(host.Outputs[0].Shape)])
                .Reshape(product.Shape)
            : null;
    }

    private static Value AddBias(Rewriter rewriter, Node host, Epilogue epilogue, Value bias) => epilogue.Bias
        ? Emit(rewriter, host, epilogue, [.. host.Inputs.SkipLast(1), host.Inputs[^1] + bias])
        : Emit(rewriter, host, epilogue with { Bias = true }, [.. host.Inputs, bias]);

    private static Value? Activate(Rewriter rewriter, Value product) => Host(rewriter, product) is { } host
        ? Emit(rewriter, host, ((IEpilogueHost)host.Operation).Epilogue with { Activation = Activation.Relu }, [.. host.Inputs])
            .Reshape(product.Shape)
        : null;

    // Only a product that nobody else reads and that is not activated yet. Its rows may have another shape since.
    private static Node? Host(Rewriter rewriter, Value product)
    {
        if (rewriter.Uses(product) != 1)
        {
            return null;
        }

        if (product.Node.Operation is Reshape && product.Node.Inputs[0].Shape.Last == product.Shape.Last)
        {
            return Host(rewriter, product.Node.Inputs[0]);
        }

        // What this pass has put in its place may end in that other shape.
        Node host = rewriter[product].Node;
        host = host.Operation is Reshape ? host.Inputs[0].Node : host;
        return host.Operation is IEpilogueHost { Epilogue.Activation: Activation.None } ? host : null;
    }

    // Still of the product's layer, which has most of the work.
    private static Value Emit(Rewriter rewriter, Node host, Epilogue epilogue, ReadOnlySpan<Value> inputs) =>
        rewriter.Target.Add(((IEpilogueHost)host.Operation).With(epilogue), host.Layer, inputs).Outputs[0];
}
