using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// The gradient of <see cref="CrissCross"/> in one operation: weights are computed again from the log-sums, line by line. It has no
/// gradient rule.
/// </summary>
/// <remarks>Inputs: Q, K, V, Y, log-sums, dY. Outputs: dQ, dK, dV.</remarks>
/// <param name="OwnOnce">As in the forward pass.</param>
public sealed record CrissCrossGradient(bool OwnOnce = true) : Operation
{
    /// <inheritdoc/>
    public override string Name => "criss-cross attention gradient";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 6);
        Shape[] outputs = new CrissCross(OwnOnce).InferShapes(inputs[..3]);
        return inputs[3] == outputs[0] && inputs[4] == outputs[1] && inputs[5] == outputs[0]
            ? inputs[..3].ToArray()
            : throw new ShapeException($"result, log-sums and gradient have shapes {inputs[3]}, {inputs[4]} and {inputs[5]}, "
                + $"expected {outputs[0]}, {outputs[1]} and {outputs[0]}.");
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        for (int output = 0; output < 3; output++)
        {
            evaluation.Output(output).Clear();
        }

        Shape map = evaluation.InputShape(0);
        for (int row = 0; row < map.Rows; row++)
        {
            T logSum = evaluation.Input(4)[row];
            if (T.IsNegativeInfinity(logSum))
            {
                continue;
            }

            int[] keys = [.. CrissCrossLines.Keys(map, row, OwnOnce)];
            T[] scores = CrissCrossLines.Scores(evaluation, row, keys);
            for (int j = 0; j < keys.Length; j++)
            {
                Pair(evaluation, row, keys[j], T.Exp(scores[j] - logSum));
            }
        }
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node) => CrissCrossLines.Pairs(node.Inputs[0].Shape)
        * ((3L * node.Inputs[0].Shape.Last) + (2L * node.Inputs[2].Shape.Last));

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        CrissCrossStep step = new(binding, OwnOnce, [.. binding.Inputs, .. binding.Outputs], AttentionSoftmax.BackwardScratch);
        return () =>
        {
            for (int axis = 0; axis < step.Axes.Length; axis++)
            {
                LineTables lines = step.Axes[axis];
                for (int chunk = 0; chunk < lines.Chunks; chunk++)
                {
                    lines.Gather(chunk, 0, axis > 0 ? 9 : 6);
                    AttentionGradients gradients = new()
                    {
                        DY = lines.Rows(5),
                        DQ = lines.Rows(6),
                        DK = lines.Rows(7),
                        DV = lines.Rows(8),
                        Adds = axis > 0,
                    };
                    AttentionSoftmax.Backward(binding.Pool, step.Operands(axis, chunk), gradients, step.Scratch.Pointer);
                    lines.Scatter(chunk, 6, 9);
                }
            }
        };
    }

    // What one query and one key with the given weight add to the gradients: dS = weight·⟨dY, V − Y⟩.
    private static void Pair<T>(Evaluation<T> evaluation, int row, int key, T weight)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        int width = evaluation.InputShape(2).Last;
        T product = T.Zero;
        for (int c = 0; c < width; c++)
        {
            T dy = evaluation.Input(5)[(row * width) + c];
            product += dy * (evaluation.Input(2)[(key * width) + c] - evaluation.Input(3)[(row * width) + c]);
            evaluation.Output(2)[(key * width) + c] += weight * dy;
        }

        T score = weight * product;
        width = evaluation.InputShape(0).Last;
        for (int c = 0; c < width; c++)
        {
            evaluation.Output(0)[(row * width) + c] += score * evaluation.Input(1)[(key * width) + c];
            evaluation.Output(1)[(key * width) + c] += score * evaluation.Input(0)[(row * width) + c];
        }
    }
}
