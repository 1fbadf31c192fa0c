using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>How the elements along reduced axes become one.</summary>
public enum ReductionKind
{
    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>The largest; NaN if one is.</summary>
    Maximum,
}

/// <summary>Combines the elements along some axes; those axes stay, with length 1.</summary>
/// <param name="Kind">Sum or maximum.</param>
/// <param name="Axes">Ascending axis numbers from 0.</param>
public sealed record Reduction(ReductionKind Kind, Shape Axes) : Operation
{
    /// <inheritdoc/>
    public override string Name => Kind.ToString().ToLowerInvariant();

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        Shape shape = inputs[0];
        foreach (int axis in Axes.Span)
        {
            if (axis < 0 || axis >= shape.Rank)
            {
                throw new ShapeException($"axis {axis} does not exist in shape {inputs[0]} of rank {inputs[0].Rank}.");
            }

            shape = shape.With(axis, 1);
        }

        return [shape];
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> x = evaluation.Input(0);
        Span<T> y = evaluation.Output(0);
        y.Fill(Kind == ReductionKind.Sum ? T.Zero : T.NegativeInfinity);
        int[][] strides = [Broadcasting.Strides(evaluation.OutputShape(0), evaluation.InputShape(0))];
        IndexWalk walk = new(evaluation.InputShape(0), strides);
        for (int i = 0; i < x.Length; i++, walk.Next())
        {
            ref T total = ref y[walk[0]];
            total = Kind == ReductionKind.Sum ? total + x[i] : T.Max(total, x[i]);
        }
    }

    /// <inheritdoc/>
    public override Step? Bind(Binding binding) => ReductionBinding.Bind(binding, this);

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients)
    {
        if (outputGradients[0] is not { } g)
        {
            return [null];
        }

        Value x = node.Inputs[0];
        if (Kind == ReductionKind.Sum)
        {
            return [g.BroadcastTo(x.Shape)];
        }

        // Equal maxima share the gradient evenly, as PyTorch's amax does it.
        Value wins = x.Binary(BinaryKind.Equal, node.Outputs[0]);
        return [g / wins.Graph.Apply(new Reduction(ReductionKind.Sum, Axes), wins) * wins];
    }
}

/// <summary>Repeats a value along axes where it has length 1 or none.</summary>
public sealed record Broadcast(Shape Target) : Operation
{
    /// <inheritdoc/>
    public override string Name => "broadcast";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return Broadcasting.Common([inputs[0], Target]) == Target
            ? [Target]
            : throw new ShapeException($"shape {inputs[0]} cannot be repeated to {Target}.");
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> x = evaluation.Input(0);
        Span<T> y = evaluation.Output(0);
        int[][] strides = [Broadcasting.Strides(evaluation.InputShape(0), Target)];
        IndexWalk walk = new(Target, strides);
        for (int i = 0; i < y.Length; i++, walk.Next())
        {
            y[i] = x[walk[0]];
        }
    }

    /// <inheritdoc/>
    public override Step? Bind(Binding binding) => ElementwiseBinding.Bind(binding, this);

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0]?.SumTo(node.Inputs[0].Shape)];
}

/// <summary>Reductions and repetition of values.</summary>
public static class ReductionExtensions
{
    /// <summary>Sum along axes (all when none are given); reduced axes stay with length 1. Negative axes count from the end.</summary>
    public static Value Sum(this Value x, params ReadOnlySpan<int> axes) => Reduce(x, ReductionKind.Sum, axes);

    /// <summary>Mean along axes (all when none are given); reduced axes stay with length 1.</summary>
    public static Value Mean(this Value x, params ReadOnlySpan<int> axes)
    {
        Value sum = Reduce(x, ReductionKind.Sum, axes);
        return sum * ((double)sum.Shape.Count / x.Shape.Count);
    }

    /// <summary>Largest element along axes (all when none are given); reduced axes stay with length 1.</summary>
    public static Value Max(this Value x, params ReadOnlySpan<int> axes) => Reduce(x, ReductionKind.Maximum, axes);

    /// <summary>Repeats to a larger shape.</summary>
    public static Value BroadcastTo(this Value x, Shape shape) => x.Shape == shape ? x : x.Graph.Apply(new Broadcast(shape), x);

    /// <summary>Sums away what broadcasting repeated: the gradient of <see cref="BroadcastTo"/>.</summary>
    public static Value SumTo(this Value x, Shape shape)
    {
        Shape axes = Broadcasting.RepeatedAxes(shape, x.Shape);
        Value sum = axes.Rank == 0 ? x : x.Graph.Apply(new Reduction(ReductionKind.Sum, axes), x);
        return sum.Reshape(shape);
    }

    private static Value Reduce(Value x, ReductionKind kind, ReadOnlySpan<int> axes)
    {
        SortedSet<int> chosen = [];
        foreach (int axis in axes)
        {
            chosen.Add(axis < 0 ? axis + x.Shape.Rank : axis);
        }

        if (axes.Length == 0)
        {
            chosen = [.. Enumerable.Range(0, x.Shape.Rank)];
        }

        return x.Graph.Apply(new Reduction(kind, new Shape([.. chosen])), x);
    }
}
