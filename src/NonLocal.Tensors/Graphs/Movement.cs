using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>The same elements in the same order under another shape. Costs nothing.</summary>
public sealed record Reshape(Shape Target) : Operation
{
    /// <inheritdoc/>
    public override string Name => "reshape";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return inputs[0].Count == Target.Count
            ? [Target]
            : throw new ShapeException($"{inputs[0]} ({inputs[0].Count} elements) cannot be seen as {Target} ({Target.Count} elements).");
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation) => evaluation.Input(0).CopyTo(evaluation.Output(0));

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0]?.Reshape(node.Inputs[0].Shape)];
}

/// <summary>Reorders axes: output axis i is input axis <paramref name="Order"/>[i].</summary>
public sealed record Permute(Shape Order) : Operation
{
    /// <inheritdoc/>
    public override string Name => "permute";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        int[] sorted = Order.Span.ToArray();
        Array.Sort(sorted);
        if (!sorted.SequenceEqual(Enumerable.Range(0, inputs[0].Rank)))
        {
            throw new ShapeException($"order {string.Join(",", Order)} does not name each axis of shape {inputs[0]} once.");
        }

        int[] lengths = new int[Order.Rank];
        for (int i = 0; i < lengths.Length; i++)
        {
            lengths[i] = inputs[0][Order[i]];
        }

        return [new Shape(lengths)];
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> x = evaluation.Input(0);
        Span<T> y = evaluation.Output(0);
        Shape from = evaluation.InputShape(0);
        int[] steps = new int[from.Rank];
        int step = 1;
        for (int axis = from.Rank - 1; axis >= 0; axis--)
        {
            steps[axis] = step;
            step *= from[axis];
        }

        int[][] strides = [[.. Order.Select(axis => steps[axis])]];
        IndexWalk walk = new(evaluation.OutputShape(0), strides);
        for (int i = 0; i < y.Length; i++, walk.Next())
        {
            y[i] = x[walk[0]];
        }
    }

    /// <inheritdoc/>
    public override Step? Bind(Binding binding) => BoxBinding.Permute(binding, Order);

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients)
    {
        int[] back = new int[Order.Rank];
        for (int i = 0; i < back.Length; i++)
        {
            back[Order[i]] = i;
        }

        return [outputGradients[0]?.Permute(back)];
    }
}

/// <summary>Lets values through and gradients not.</summary>
public sealed record StopGradient : Operation
{
    /// <inheritdoc/>
    public override string Name => "stop gradient";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation) => evaluation.Input(0).CopyTo(evaluation.Output(0));

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) => [null];
}

/// <summary>Moves of values between shapes.</summary>
public static class MovementExtensions
{
    /// <summary>The same elements under another shape.</summary>
    public static Value Reshape(this Value x, Shape shape) => x.Shape == shape ? x : x.Graph.Apply(new Reshape(shape), x);

    /// <summary>Output axis i is input axis <paramref name="order"/>[i].</summary>
    public static Value Permute(this Value x, params ReadOnlySpan<int> order) => x.Graph.Apply(new Permute(new Shape(order)), x);

    /// <summary>Swaps the last two axes.</summary>
    public static Value Transpose(this Value x)
    {
        int[] order = [.. Enumerable.Range(0, x.Shape.Rank)];
        (order[^1], order[^2]) = (order[^2], order[^1]);
        return x.Permute(order);
    }

    /// <summary>Lets the value through and gradients not.</summary>
    public static Value StopGradient(this Value x) => x.Graph.Apply(new StopGradient(), x);
}
