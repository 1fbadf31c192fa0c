using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// Concatenation attention, y_i = (1/M) Σ_j relu(a_i + b_j)·g_j, by a sorted sweep that never makes the N×M map.
/// </summary>
/// <remarks>Inputs: a [… N, 1], b [… M, 1], g [… M, e]. Output: [… N, e]. The derivative of relu at 0 is 0.</remarks>
public sealed record ConcatenationAttention : Operation
{
    /// <inheritdoc/>
    public override string Name => "concatenation attention";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 3);
        AttentionShapes.Check(inputs[0], inputs[1], inputs[2]);
        AttentionShapes.CheckColumn("column of queries", inputs[0], inputs[0]);
        AttentionShapes.CheckColumn("column of keys", inputs[1], inputs[2]);
        return [inputs[0].With(^1, inputs[2].Last)];
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ConcatenationSize size = ConcatenationStep.Size(evaluation.InputShape(0), evaluation.InputShape(2));
        evaluation.Output(0).Clear();
        for (int row = 0; row < size.Batch * size.Queries; row++)
        {
            for (int j = 0; j < size.Keys; j++)
            {
                int keyRow = (row / size.Queries * size.Keys) + j;
                T sum = evaluation.Input(0)[row] + evaluation.Input(1)[keyRow];
                T weight = (T.IsNaN(sum) ? sum : T.Max(sum, T.Zero)) / T.CreateChecked(size.Keys);
                for (int c = 0; c < size.Channels; c++)
                {
                    evaluation.Output(0)[(row * size.Channels) + c] += weight * evaluation.Input(2)[(keyRow * size.Channels) + c];
                }
            }
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) => outputGradients[0] is { } gradient
        ? [.. node.Graph.Add(new ConcatenationAttentionGradient(), [.. node.Inputs, gradient]).Outputs]
        : new Value?[3];

    /// <summary>Two multiply-adds for each value entering the running sums and one for each result.</summary>
    public override long MultiplyAdds(Node node)
    {
        ConcatenationSize size = ConcatenationStep.Size(node.Inputs[0].Shape, node.Inputs[2].Shape);
        return (long)size.Batch * size.Channels * ((2L * size.Keys) + size.Queries);
    }

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        ConcatenationSize size = ConcatenationStep.Size(binding.Inputs[0].Shape, binding.Inputs[2].Shape);
        Operand scratch = binding.Scratch(AttentionConcatenation.ForwardScratch(size));
        return () => AttentionConcatenation.Forward(
            binding.Pool,
            size,
            AttentionStep.Rows(binding.Inputs[0]),
            AttentionStep.Rows(binding.Inputs[1]),
            AttentionStep.Rows(binding.Inputs[2]),
            AttentionStep.Rows(binding.Outputs[0]),
            scratch.Pointer);
    }
}

/// <summary>
/// The gradient of <see cref="ConcatenationAttention"/> by two sorted sweeps. Inputs: a, b, g, dy; outputs: da, db, dg. It has no
/// gradient rule.
/// </summary>
public sealed record ConcatenationAttentionGradient : Operation
{
    /// <inheritdoc/>
    public override string Name => "concatenation attention gradient";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 4);
        Shape output = new ConcatenationAttention().InferShapes(inputs[..3])[0];
        return inputs[3] == output
            ? inputs[..3].ToArray()
            : throw new ShapeException($"the gradient has shape {inputs[3]}, expected {output}.");
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ConcatenationSize size = ConcatenationStep.Size(evaluation.InputShape(0), evaluation.InputShape(2));
        for (int output = 0; output < 3; output++)
        {
            evaluation.Output(output).Clear();
        }

        for (int row = 0; row < size.Batch * size.Queries; row++)
        {
            for (int j = 0; j < size.Keys; j++)
            {
                int keyRow = (row / size.Queries * size.Keys) + j;
                T sum = evaluation.Input(0)[row] + evaluation.Input(1)[keyRow];
                T weight = (T.IsNaN(sum) ? sum : T.Max(sum, T.Zero)) / T.CreateChecked(size.Keys);
                T product = T.Zero;
                for (int c = 0; c < size.Channels; c++)
                {
                    T dy = evaluation.Input(3)[(row * size.Channels) + c];
                    product += dy * evaluation.Input(2)[(keyRow * size.Channels) + c];
                    evaluation.Output(2)[(keyRow * size.Channels) + c] += weight * dy;
                }

                T slope = sum > T.Zero ? product / T.CreateChecked(size.Keys) : T.IsNaN(sum) ? sum : T.Zero;
                evaluation.Output(0)[row] += slope;
                evaluation.Output(1)[keyRow] += slope;
            }
        }
    }

    /// <summary>Two sweeps with running sums, one writing rows, both writing dots.</summary>
    public override long MultiplyAdds(Node node)
    {
        ConcatenationSize size = ConcatenationStep.Size(node.Inputs[0].Shape, node.Inputs[2].Shape);
        return (long)size.Batch * size.Channels * ((4L * size.Keys) + (3L * size.Queries));
    }

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        ConcatenationSize size = ConcatenationStep.Size(binding.Inputs[0].Shape, binding.Inputs[2].Shape);
        Operand scratch = binding.Scratch(AttentionConcatenation.BackwardScratch(size));
        return () => AttentionConcatenation.Backward(
            binding.Pool,
            size,
            AttentionStep.Rows(binding.Inputs[0]),
            AttentionStep.Rows(binding.Inputs[1]),
            AttentionStep.Rows(binding.Inputs[2]),
            AttentionStep.Rows(binding.Inputs[3]),
            AttentionStep.Rows(binding.Outputs[0]),
            AttentionStep.Rows(binding.Outputs[1]),
            AttentionStep.Rows(binding.Outputs[2]),
            scratch.Pointer);
    }
}

/// <summary>The sizes of a concatenation attention from its shapes.</summary>
internal static class ConcatenationStep
{
    public static ConcatenationSize Size(Shape a, Shape g) => new((int)a[..^2].Count, a[^2], g[^2], g.Last);
}

/// <summary>Concatenation attention of values.</summary>
public static class ConcatenationAttentionExtensions
{
    /// <summary>(1/M) Σ_j relu(a_i + b_j)·g_j for a [… N, 1], b [… M, 1], g [… M, e].</summary>
    public static Value AttendByConcatenation(this Value a, Value b, Value g) => a.Graph.Apply(new ConcatenationAttention(), a, b, g);
}
