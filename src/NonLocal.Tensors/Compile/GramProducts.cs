using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Compile;

/// <summary>
/// AᵀB of two embeddings of one table, A = X Wᵃ + 1 aᵀ and B = X Wᵇ + 1 bᵀ with X [N, C], that nothing else reads, becomes
/// Wᵃᵀ(XᵀX)Wᵇ + (Wᵃᵀs + N a) bᵀ + a (sᵀWᵇ) with s = Xᵀ1 where that takes far fewer multiply-adds: the embeddings are never made, and of
/// XᵀX half is computed. For many positions and few channels, as in a dot-product non-local block.
/// </summary>
internal static class GramProducts
{
    // XᵀX has 0.72 of the peak, the embeddings 0.86, and small products less: what saves little takes longer.
    private const double MostOfWork = 0.55;

    public static Computation Choose(Computation computation) =>
        DeadCode.Remove(Rewriter.Run(DeadCode.Remove(computation), Replace));

    private static Value? Replace(Rewriter rewriter, Node node)
    {
        if (node.Operation is not MatMul { TransposeLeft: true, TransposeRight: false } product
            || product.Epilogue != default
            || node.Inputs[0].Shape.Rank != 3
            || Embedding.Of(rewriter, node.Inputs[0]) is not { } left
            || Embedding.Of(rewriter, node.Inputs[1]) is not { } right
            || left.Table != right.Table)
        {
            return null;
        }

        Shape shape = node.Inputs[0].Shape;
        (int batch, int rows, int channels) = (shape[0], shape[1], left.Table.Shape.Last);
        (int first, int second) = (left.Channels, right.Channels);
        Value table = rewriter[left.Table].Reshape([batch, rows, channels]);
        Value gram = table.MatMul(table, transposeLeft: true);
        long asWritten = product.MultiplyAdds(node) + ((long)batch * rows * channels * (first + second));
        long small = (long)batch * channels * first * (channels + second);
        if (gram.Node.Operation.MultiplyAdds(gram.Node) + small > MostOfWork * asWritten)
        {
            return null;
        }

        // (XᵀX)Wᵃ is the transpose of Wᵃᵀ(XᵀX).
        (Value a, Value b) = (left.Matrix(rewriter), right.Matrix(rewriter));
        Value y = gram.MatMul(a).MatMul(b, transposeLeft: true);
        Value sums = table.Sum(1);
        if (right.Bias is { } bias)
        {
            Value read = sums.MatMul(a);
            read = left.Bias is null ? read : read + (rewriter[left.Bias].Reshape([first]) * rows);
            y += read.Reshape([batch, first, 1]) * rewriter[bias].Reshape([second]);
        }

        return left.Bias is null ? y : y + (sums.MatMul(b) * rewriter[left.Bias].Reshape([first, 1]));
    }

    /// <summary>What a 1×1 convolution, or a product with one matrix, makes of a table; nobody else reads it.</summary>
    private readonly record struct Embedding(Value Table, Value Weight, Value? Bias, int Channels)
    {
        public static Embedding? Of(Rewriter rewriter, Value value)
        {
            int channels = value.Shape.Last;
            if (Sole(rewriter, value) is not { } sum)
            {
                return null;
            }

            if (sum.Node.Operation is not Binary { Kind: BinaryKind.Add })
            {
                return Of(sum.Node, channels, null);
            }

            (Value x, Value y) = (sum.Node.Inputs[0], sum.Node.Inputs[1]);
            return Biased(rewriter, x, y, channels) ?? Biased(rewriter, y, x, channels);
        }

        /// <summary>W, [channels of the table, channels].</summary>
        public Value Matrix(Rewriter rewriter) => rewriter[Weight].Reshape([Table.Shape.Last, Channels]);

        private static Embedding? Biased(Rewriter rewriter, Value product, Value bias, int channels) =>
            bias.Shape.Count == channels && VariableOnly.Sources(rewriter[bias]) != null && Sole(rewriter, product) is { } only
                ? Of(only.Node, channels, bias)
                : null;

        private static Embedding? Of(Node node, int channels, Value? bias)
        {
            bool fits = node.Operation switch
            {
                Convolution convolution => convolution is { Geometry.IsPointwise: true } && convolution.Epilogue == default,
                MatMul { TransposeLeft: false, TransposeRight: false } product =>
                    product.Epilogue == default && node.Inputs[1].Shape.Rank == 2,
                _ => false,
            };
            return fits && node.Outputs[0].Shape.Last == channels
                ? new Embedding(Behind(node.Inputs[0]), node.Inputs[1], bias, channels)
                : null;
        }

        // The value behind changes of the positions' shape, if it is read once all the way.
        private static Value? Sole(Rewriter rewriter, Value value)
        {
            while (rewriter.Uses(value) == 1)
            {
                Value behind = Step(value);
                if (behind == value)
                {
                    return value;
                }

                value = behind;
            }

            return null;
        }

        private static Value Behind(Value value)
        {
            for (Value behind = Step(value); behind != value; behind = Step(value))
            {
                value = behind;
            }

            return value;
        }

        private static Value Step(Value value) =>
            value.Node.Operation is Reshape && value.Node.Inputs[0].Shape.Rank > 0 && value.Node.Inputs[0].Shape.Last == value.Shape.Last
                ? value.Node.Inputs[0]
                : value;
    }
}
