using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// Softmax attention of every position to the lines through it, one along each spatial axis, with one softmax over all of them.
/// </summary>
/// <remarks>
/// Inputs: Q [batch, positions…, d], K of the same shape, V [batch, positions…, e]. Outputs: Y [batch, positions…, e] and each position's
/// log-sum-exp [batch, positions…, 1], which is for the gradient and has none itself. The kernel streams line after line; no weight is
/// stored.
/// </remarks>
/// <param name="OwnOnce">
/// A position, where all its lines cross, is read once, along the last axis; otherwise along every axis but the first.
/// </param>
public sealed record CrissCross(bool OwnOnce = true) : Operation
{
    /// <inheritdoc/>
    public override string Name => "criss-cross attention";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 3);
        Shape q = inputs[0];
        if (q.Rank is < 3 or > 5)
        {
            throw new ShapeException($"needs maps [batch, 1 to 3 spatial axes, channels], got {q}.");
        }

        return inputs[1] == q && inputs[2].With(^1, q.Last) == q
            ? [inputs[2], q.With(^1, 1)]
            : throw new ShapeException($"queries {q}, keys {inputs[1]} and values {inputs[2]} differ in more than the values' channels.");
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        Shape map = evaluation.InputShape(0);
        int width = evaluation.OutputShape(0).Last;
        for (int row = 0; row < map.Rows; row++)
        {
            int[] keys = [.. CrissCrossLines.Keys(map, row, OwnOnce)];
            T[] weights = CrissCrossLines.Scores(evaluation, row, keys);
            T maximum = T.NegativeInfinity;
            foreach (T score in weights)
            {
                maximum = T.Max(maximum, score);
            }

            T sum = T.Zero;
            for (int j = 0; j < keys.Length; j++)
            {
                weights[j] = T.IsNegativeInfinity(maximum) ? T.Zero : T.Exp(weights[j] - maximum);
                sum += weights[j];
            }

            evaluation.Output(1)[row] = maximum + T.Log(sum);
            Span<T> y = evaluation.Output(0).Slice(row * width, width);
            y.Clear();
            for (int j = 0; j < keys.Length; j++)
            {
                for (int c = 0; c < width && sum != T.Zero; c++)
                {
                    y[c] += weights[j] / sum * evaluation.Input(2)[(keys[j] * width) + c];
                }
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
            ? [.. node.Graph.Add(new CrissCrossGradient(OwnOnce), [.. node.Inputs, .. node.Outputs, gradient]).Outputs]
            : new Value?[3];
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node) =>
        CrissCrossLines.Pairs(node.Inputs[0].Shape) * (node.Inputs[0].Shape.Last + node.Inputs[2].Shape.Last);

    /// <inheritdoc/>
    public override Step? Bind(Binding binding) =>
        CrissCrossInPlace.Suits(binding) ? new CrissCrossInPlace(binding, OwnOnce).Run : BindGathered(binding);

    private unsafe Step BindGathered(Binding binding)
    {
        CrissCrossStep step = new(binding, OwnOnce, [.. binding.Inputs, .. binding.Outputs], AttentionSoftmax.ForwardScratch);
        return () =>
        {
            for (int axis = 0; axis < step.Axes.Length; axis++)
            {
                LineTables lines = step.Axes[axis];
                for (int chunk = 0; chunk < lines.Chunks; chunk++)
                {
                    lines.Gather(chunk, 0, axis > 0 ? 5 : 3);
                    AttentionSoftmax.Forward(binding.Pool, step.Operands(axis, chunk), step.Scratch.Pointer);
                    lines.Scatter(chunk, 3, 5);
                }
            }
        };
    }
}

/// <summary>What the kernels of criss-cross attention and of its gradient have in common.</summary>
/// <remarks>The tensors are Q, K, V, Y and the log-sums, and for the gradient dY, dQ, dK and dV.</remarks>
internal sealed class CrissCrossStep
{
    private readonly Shape map;
    private readonly bool ownOnce;
    private readonly int keyWidth;
    private readonly int valueWidth;

    public CrissCrossStep(Binding binding, bool ownOnce, Operand[] tensors, Func<AttentionSize, int, long> scratch)
    {
        this.ownOnce = ownOnce;
        map = tensors[0].Shape;
        (keyWidth, valueWidth) = (tensors[0].Shape.Last, tensors[2].Shape.Last);
        Axes = [.. Enumerable.Range(0, map.Rank - 2).Select(axis => new LineTables(binding.Pool, map, axis, tensors))];
        Operand gathered = binding.Scratch(Axes.Max(lines => lines.Floats));
        foreach (LineTables lines in Axes)
        {
            lines.Gathered = gathered;
        }

        int threads = binding.Pool.Threads;
        Scratch = binding.Scratch(Axes.Max(lines => Math.Max(
            scratch(lines.Size(0, keyWidth, valueWidth), threads), scratch(lines.Size(lines.Chunks - 1, keyWidth, valueWidth), threads))));
    }

    /// <summary>The lines of each axis.</summary>
    public LineTables[] Axes { get; }

    /// <summary>The kernel's memory.</summary>
    public Operand Scratch { get; }

    /// <summary>The operands within the lines of one chunk.</summary>
    public unsafe AttentionOperands Operands(int axis, int chunk)
    {
        LineTables lines = Axes[axis];
        return new()
        {
            Size = lines.Size(chunk, keyWidth, valueWidth),
            Q = lines.Rows(0),
            K = lines.Rows(1),
            V = lines.Rows(2),
            Scale = 1,
            Y = lines.Rows(3),
            LogSums = lines.Rows(4),
            Continues = axis > 0,
            SkipsOwn = CrissCrossLines.SkipsOwn(map, axis, ownOnce),
        };
    }
}

/// <summary>Criss-cross attention of values.</summary>
public static class CrissCrossExtensions
{
    /// <summary>Softmax attention of every position to the lines through it, [batch, positions…, e], without a map.</summary>
    /// <param name="query">[batch, positions…, d].</param>
    /// <param name="key">As the queries.</param>
    /// <param name="value">[batch, positions…, e].</param>
    /// <param name="ownOnce">Whether a position reads itself once; otherwise along every axis but the first.</param>
    public static Value AttendCrissCross(this Value query, Value key, Value value, bool ownOnce = true) =>
        query.Graph.Apply(new CrissCross(ownOnce), query, key, value);
}
