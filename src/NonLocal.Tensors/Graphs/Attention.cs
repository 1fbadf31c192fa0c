using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// Softmax attention, Y = softmax_row(Scale·Q Kᵀ + 1 biasᵀ) V, by a kernel that never makes the N×M map.
/// </summary>
/// <remarks>
/// Inputs: Q [… N, d], K [… M, d], V [… M, e] and, with <paramref name="HasKeyBias"/>, a bias of each key [… M, 1]. Outputs:
/// Y [… N, e] and each row's log-sum-exp [… N, 1], which is for the gradient and has none itself. A row whose scores are all −∞
/// gives 0.
/// </remarks>
/// <param name="Scale">What the products of queries and keys are multiplied by.</param>
/// <param name="HasKeyBias">Whether there is a fourth input.</param>
public sealed record Attention(double Scale, bool HasKeyBias = false) : Operation
{
    /// <inheritdoc/>
    public override string Name => "attention";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, HasKeyBias ? 4 : 3);
        AttentionShapes.Check(inputs[0], inputs[1], inputs[2]);
        if (HasKeyBias)
        {
            AttentionShapes.CheckColumn("key bias", inputs[3], inputs[1]);
        }

        return [inputs[0].With(^1, inputs[2].Last), inputs[0].With(^1, 1)];
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        AttentionSize size = AttentionShapes.Size(evaluation.InputShape(0), evaluation.InputShape(1), evaluation.InputShape(2));
        T[] scores = new T[size.Keys];
        for (int row = 0; row < size.Batch * size.Queries; row++)
        {
            AttentionDefinition.Scores(evaluation, size, row, Scale, HasKeyBias, scores);
            T maximum = T.NegativeInfinity;
            foreach (T score in scores)
            {
                maximum = T.Max(maximum, score);
            }

            T sum = T.Zero;
            for (int j = 0; j < scores.Length; j++)
            {
                scores[j] = T.IsNegativeInfinity(maximum) ? T.Zero : T.Exp(scores[j] - maximum);
                sum += scores[j];
            }

            evaluation.Output(1)[row] = maximum + T.Log(sum);
            ReadOnlySpan<T> values = evaluation.Input(2).Slice(row / size.Queries * size.Keys * size.ValueWidth);
            Span<T> y = evaluation.Output(0).Slice(row * size.ValueWidth, size.ValueWidth);
            for (int c = 0; c < y.Length; c++)
            {
                T weighted = T.Zero;
                for (int j = 0; j < scores.Length; j++)
                {
                    weighted += scores[j] * values[(j * size.ValueWidth) + c];
                }

                y[c] = sum == T.Zero ? T.Zero : weighted / sum;
            }
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients)
    {
        if (outputGradients[1] is not null)
        {
            throw new NotSupportedException("The log-sum-exp of attention is for its gradient and cannot be differentiated itself.");
        }

        return outputGradients[0] is { } gradient
            ? [.. node.Graph.Add(new AttentionGradient(Scale, HasKeyBias), [.. node.Inputs, .. node.Outputs, gradient]).Outputs]
            : new Value?[node.Inputs.Count];
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node)
    {
        AttentionSize size = AttentionShapes.Size(node.Inputs[0].Shape, node.Inputs[1].Shape, node.Inputs[2].Shape);
        return (long)size.Batch * size.Queries * size.Keys * (size.KeyWidth + size.ValueWidth);
    }

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        AttentionStep step = new(binding, Scale, HasKeyBias, binding.Outputs[0], binding.Outputs[1]);
        Operand scratch = binding.Scratch(AttentionSoftmax.ForwardScratch(step.Size, binding.Pool.Threads));
        return () => AttentionSoftmax.Forward(binding.Pool, step.Operands(), scratch.Pointer);
    }
}

/// <summary>The operands of an attention kernel, found anew when a step runs.</summary>
internal sealed class AttentionStep(Binding binding, double scale, bool hasKeyBias, Operand y, Operand logSums)
{
    public AttentionSize Size { get; } = AttentionShapes.Size(binding.Inputs[0].Shape, binding.Inputs[1].Shape, binding.Inputs[2].Shape);

    public static unsafe BatchedRows Rows(Operand operand) =>
        new(operand.Pointer, operand.Shape.Last, (nint)operand.Shape[^2] * operand.Shape.Last);

    public unsafe AttentionOperands Operands() => new()
    {
        Size = Size,
        Q = Rows(binding.Inputs[0]),
        K = Rows(binding.Inputs[1]),
        V = Rows(binding.Inputs[2]),
        KeyBias = hasKeyBias ? binding.Inputs[3].Pointer : null,
        Scale = (float)scale,
        Y = Rows(y),
        LogSums = new BatchedRows(logSums.Pointer, 1, Size.Queries),
    };
}

/// <summary>What the shapes of queries, keys and values have to do with each other.</summary>
internal static class AttentionShapes
{
    public static void Check(Shape q, Shape k, Shape v)
    {
        if (q.Rank < 2 || k.Rank < 2 || v.Rank < 2)
        {
            throw new ShapeException($"queries, keys and values are [… positions, channels], got shapes {q}, {k} and {v}.");
        }

        if (q.Last != k.Last)
        {
            throw new ShapeException($"queries {q} have {q.Last} channels, keys {k} have {k.Last}.");
        }

        if (k[^2] != v[^2])
        {
            throw new ShapeException($"keys {k} have {k[^2]} positions, values {v} have {v[^2]}.");
        }

        if (q[..^2] != k[..^2] || q[..^2] != v[..^2])
        {
            throw new ShapeException($"the leading axes of queries {q}, keys {k} and values {v} differ.");
        }
    }

    public static void CheckColumn(string name, Shape column, Shape of)
    {
        Shape expected = of.With(^1, 1);
        if (column != expected)
        {
            throw new ShapeException($"the {name} has shape {column}, expected {expected}.");
        }
    }

    public static AttentionSize Size(Shape q, Shape k, Shape v) => new((int)q[..^2].Count, q[^2], k[^2], q.Last, v.Last);
}

/// <summary>What the literal definitions of attention and of its gradient share.</summary>
internal static class AttentionDefinition
{
    /// <summary>Scale·q·k + bias for one query (numbered through the batch) and all keys.</summary>
    public static void Scores<T>(Evaluation<T> evaluation, AttentionSize size, int row, double scale, bool hasKeyBias, Span<T> scores)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        int batch = row / size.Queries;
        ReadOnlySpan<T> query = evaluation.Input(0).Slice(row * size.KeyWidth, size.KeyWidth);
        for (int j = 0; j < size.Keys; j++)
        {
            ReadOnlySpan<T> key = evaluation.Input(1).Slice(((batch * size.Keys) + j) * size.KeyWidth, size.KeyWidth);
            T sum = T.Zero;
            for (int c = 0; c < key.Length; c++)
            {
                sum += query[c] * key[c];
            }

            scores[j] = (sum * T.CreateChecked(scale)) + (hasKeyBias ? evaluation.Input(3)[(batch * size.Keys) + j] : T.Zero);
        }
    }
}

/// <summary>Attention of values.</summary>
public static class AttentionExtensions
{
    /// <summary>softmax_row(scale·Q Kᵀ + 1 biasᵀ) V without its map, [… N, e].</summary>
    /// <param name="query">[… N, d].</param>
    /// <param name="key">[… M, d].</param>
    /// <param name="value">[… M, e].</param>
    /// <param name="scale">What the products of queries and keys are multiplied by.</param>
    /// <param name="keyBias">Added to a key's scores, [… M, 1]; null: nothing.</param>
    public static Value Attend(this Value query, Value key, Value value, double scale = 1, Value? keyBias = null) => keyBias is null
        ? query.Graph.Apply(new Attention(scale), query, key, value)
        : query.Graph.Apply(new Attention(scale, true), query, key, value, keyBias);
}
