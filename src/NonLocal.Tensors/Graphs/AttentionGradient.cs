using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// The gradient of <see cref="Attention"/> in one operation, from what the forward pass kept: Y and the rows' log-sum-exp.
/// It has no gradient rule.
/// </summary>
/// <remarks>Inputs: Q, K, V, the key bias if there is one, Y, log-sums, dY. Outputs: dQ, dK, dV, and the bias's gradient.</remarks>
/// <param name="Scale">As in the forward pass.</param>
/// <param name="HasKeyBias">As in the forward pass.</param>
public sealed record AttentionGradient(double Scale, bool HasKeyBias = false) : Operation
{
    /// <inheritdoc/>
    public override string Name => "attention gradient";

    private int Forward => HasKeyBias ? 4 : 3;

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, Forward + 3);
        Shape[] outputs = new Attention(Scale, HasKeyBias).InferShapes(inputs[..Forward]);
        if (inputs[Forward] != outputs[0] || inputs[Forward + 1] != outputs[1] || inputs[Forward + 2] != outputs[0])
        {
            throw new ShapeException($"result, log-sums and gradient have shapes {inputs[Forward]}, {inputs[Forward + 1]} and "
                + $"{inputs[Forward + 2]}, expected {outputs[0]}, {outputs[1]} and {outputs[0]}.");
        }

        return inputs[..Forward].ToArray();
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        AttentionSize size = AttentionShapes.Size(evaluation.InputShape(0), evaluation.InputShape(1), evaluation.InputShape(2));

        // The results of the forward pass are read before anything is written (see MayOverwrite).
        T[] dots = Dots(evaluation, size);
        for (int output = 0; output < Forward; output++)
        {
            evaluation.Output(output).Clear();
        }

        T[] scores = new T[size.Keys];
        for (int row = 0; row < size.Batch * size.Queries; row++)
        {
            T logSum = evaluation.Input(Forward + 1)[row];
            if (T.IsNegativeInfinity(logSum))
            {
                continue;
            }

            AttentionDefinition.Scores(evaluation, size, row, Scale, HasKeyBias, scores);
            for (int j = 0; j < size.Keys; j++)
            {
                Pair(evaluation, size, row, j, T.Exp(scores[j] - logSum), dots[row]);
            }
        }
    }

    /// <summary>dQ may take the memory of Y.</summary>
    public override bool MayOverwrite(int input) => input == Forward;

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node)
    {
        AttentionSize size = AttentionShapes.Size(node.Inputs[0].Shape, node.Inputs[1].Shape, node.Inputs[2].Shape);
        return (long)size.Batch * size.Queries * size.Keys * ((3L * size.KeyWidth) + (2L * size.ValueWidth));
    }

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        AttentionStep step = new(binding, Scale, HasKeyBias, binding.Inputs[Forward], binding.Inputs[Forward + 1]);
        Operand scratch = binding.Scratch(AttentionSoftmax.BackwardScratch(step.Size, binding.Pool.Threads));
        Operand gradient = binding.Inputs[Forward + 2];
        return () =>
        {
            AttentionGradients gradients = new()
            {
                DY = AttentionStep.Rows(gradient),
                DQ = AttentionStep.Rows(binding.Outputs[0]),
                DK = AttentionStep.Rows(binding.Outputs[1]),
                DV = AttentionStep.Rows(binding.Outputs[2]),
                DKeyBias = HasKeyBias ? binding.Outputs[3].Pointer : null,
            };
            AttentionSoftmax.Backward(binding.Pool, step.Operands(), gradients, scratch.Pointer);
        };
    }

    // ⟨dY, Y⟩ of each row.
    private T[] Dots<T>(Evaluation<T> evaluation, AttentionSize size)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        T[] dots = new T[size.Batch * size.Queries];
        for (int at = 0; at < evaluation.Input(Forward).Length; at++)
        {
            dots[at / size.ValueWidth] += evaluation.Input(Forward)[at] * evaluation.Input(Forward + 2)[at];
        }

        return dots;
    }

    // What one query and one key with the given weight add to the gradients: dS = weight·(⟨dY, V⟩ − ⟨dY, Y⟩).
    private void Pair<T>(Evaluation<T> evaluation, AttentionSize size, int row, int j, T weight, T dot)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        int keyRow = (row / size.Queries * size.Keys) + j;
        T product = T.Zero;
        for (int c = 0; c < size.ValueWidth; c++)
        {
            int at = (row * size.ValueWidth) + c;
            int valueAt = (keyRow * size.ValueWidth) + c;
            T dy = evaluation.Input(Forward + 2)[at];
            product += dy * evaluation.Input(2)[valueAt];
            evaluation.Output(2)[valueAt] += weight * dy;
        }

        T score = weight * (product - dot);
        if (HasKeyBias)
        {
            evaluation.Output(3)[keyRow] += score;
        }

        score *= T.CreateChecked(Scale);
        for (int c = 0; c < size.KeyWidth; c++)
        {
            int at = (row * size.KeyWidth) + c;
            int keyAt = (keyRow * size.KeyWidth) + c;
            evaluation.Output(0)[at] += score * evaluation.Input(1)[keyAt];
            evaluation.Output(1)[keyAt] += score * evaluation.Input(0)[at];
        }
    }
}
