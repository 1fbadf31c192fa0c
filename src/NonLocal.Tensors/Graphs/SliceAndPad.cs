using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>A box out of a tensor.</summary>
/// <param name="Begin">Its first place along every axis.</param>
/// <param name="Lengths">Its length along every axis.</param>
public sealed record Slice(Shape Begin, Shape Lengths) : Operation
{
    /// <inheritdoc/>
    public override string Name => "slice";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        if (Begin.Rank != inputs[0].Rank || Lengths.Rank != inputs[0].Rank)
        {
            throw new ShapeException(
                $"begin {Begin} and lengths {Lengths} need one number for each of the {inputs[0].Rank} axes of {inputs[0]}.");
        }

        for (int axis = 0; axis < Begin.Rank; axis++)
        {
            if (Begin[axis] < 0 || Lengths[axis] < 1 || Begin[axis] > inputs[0][axis] - Lengths[axis])
            {
                throw new ShapeException($"{Lengths[axis]} places from {Begin[axis]} on do not lie within axis {axis} of {inputs[0]}.");
            }
        }

        return [Lengths];
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> x = evaluation.Input(0);
        Span<T> y = evaluation.Output(0);
        int first = (int)BoxBinding.Offset(evaluation.InputShape(0), Begin);
        IndexWalk walk = new(Lengths, [[.. BoxBinding.Steps(evaluation.InputShape(0)).Select(step => (int)step)]]);
        for (int i = 0; i < y.Length; i++, walk.Next())
        {
            y[i] = x[first + walk[0]];
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Shape input = node.Inputs[0].Shape;
        Shape end = new([.. Enumerable.Range(0, input.Rank).Select(axis => input[axis] - Begin[axis] - Lengths[axis])]);
        return [outputGradients[0]?.Pad(Begin, end)];
    }

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        Operand x = binding.Inputs[0];
        Operand y = binding.Outputs[0];
        WorkerPool pool = binding.Pool;
        BoxCopy copy = BoxBinding.Copy(Lengths, x.Shape, y.Shape);
        nint first = BoxBinding.Offset(x.Shape, Begin);
        return () => copy.Run(pool, x.Pointer + first, y.Pointer);
    }
}

/// <summary>A tensor with a border of one number around it.</summary>
/// <param name="Begin">How many places are added before each axis.</param>
/// <param name="End">How many places are added after each axis.</param>
/// <param name="Content">The number.</param>
public sealed record Pad(Shape Begin, Shape End, double Content = 0) : Operation
{
    /// <inheritdoc/>
    public override string Name => "pad";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        Shape input = inputs[0];
        if (Begin.Rank != input.Rank || End.Rank != input.Rank || Begin.Any(places => places < 0) || End.Any(places => places < 0))
        {
            throw new ShapeException(
                $"borders {Begin} and {End} need one number, 0 or more, for each of the {input.Rank} axes of {input}.");
        }

        return [new Shape([.. Enumerable.Range(0, input.Rank).Select(axis => checked(input[axis] + Begin[axis] + End[axis]))])];
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> x = evaluation.Input(0);
        Span<T> y = evaluation.Output(0);
        y.Fill(T.CreateChecked(Content));
        int first = (int)BoxBinding.Offset(evaluation.OutputShape(0), Begin);
        IndexWalk walk = new(evaluation.InputShape(0), [[.. BoxBinding.Steps(evaluation.OutputShape(0)).Select(step => (int)step)]]);
        for (int i = 0; i < x.Length; i++, walk.Next())
        {
            y[first + walk[0]] = x[i];
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0]?.Slice(Begin, node.Inputs[0].Shape)];

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        Operand x = binding.Inputs[0];
        Operand y = binding.Outputs[0];
        WorkerPool pool = binding.Pool;
        BoxCopy copy = BoxBinding.Copy(x.Shape, x.Shape, y.Shape);
        nint first = BoxBinding.Offset(y.Shape, Begin);
        float border = (float)Content;
        return () =>
        {
            new Span<float>(y.Pointer, (int)y.Count).Fill(border);
            copy.Run(pool, x.Pointer, y.Pointer + first);
        };
    }
}

/// <summary>Tensors joined along one axis.</summary>
/// <param name="Axis">The axis, from 0.</param>
public sealed record Concat(int Axis) : Operation
{
    /// <inheritdoc/>
    public override string Name => "concat";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        if (inputs.Length == 0)
        {
            throw new ShapeException("takes at least one input.");
        }

        if (Axis < 0 || Axis >= inputs[0].Rank)
        {
            throw new ShapeException($"axis {Axis} does not exist in shape {inputs[0]}.");
        }

        int length = 0;
        foreach (Shape input in inputs)
        {
            if (input.Rank != inputs[0].Rank || input.With(Axis, 1) != inputs[0].With(Axis, 1))
            {
                throw new ShapeException($"shapes {inputs[0]} and {input} differ in more than axis {Axis}.");
            }

            length = checked(length + input[Axis]);
        }

        return [inputs[0].With(Axis, length)];
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        int first = 0;
        int[][] steps = [[.. BoxBinding.Steps(evaluation.OutputShape(0)).Select(step => (int)step)]];
        for (int input = 0; input < evaluation.InputCount; input++)
        {
            ReadOnlySpan<T> x = evaluation.Input(input);
            IndexWalk walk = new(evaluation.InputShape(input), steps);
            for (int i = 0; i < x.Length; i++, walk.Next())
            {
                evaluation.Output(0)[first + walk[0]] = x[i];
            }

            first += evaluation.InputShape(input)[Axis] * steps[0][Axis];
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Value?[] gradients = new Value?[node.Inputs.Count];
        Shape begin = new(new int[node.Outputs[0].Shape.Rank]);
        for (int i = 0; i < gradients.Length; i++)
        {
            Shape shape = node.Inputs[i].Shape;
            gradients[i] = outputGradients[0]?.Slice(begin, shape);
            begin = begin.With(Axis, begin[Axis] + shape[Axis]);
        }

        return gradients;
    }

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        Operand[] inputs = [.. binding.Inputs];
        Operand y = binding.Outputs[0];
        WorkerPool pool = binding.Pool;
        BoxCopy[] copies = [.. inputs.Select(x => BoxBinding.Copy(x.Shape, x.Shape, y.Shape))];
        nint[] lengths = [.. inputs.Select(x => x.Shape[Axis] * BoxBinding.Steps(y.Shape)[Axis])];
        return () =>
        {
            float* to = y.Pointer;
            for (int i = 0; i < inputs.Length; i++)
            {
                copies[i].Run(pool, inputs[i].Pointer, to);
                to += lengths[i];
            }
        };
    }
}

/// <summary>Slices, borders and joins of values.</summary>
public static class SliceExtensions
{
    /// <summary>A box out of a value.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="begin">The first place along every axis.</param>
    /// <param name="lengths">The length along every axis.</param>
    public static Value Slice(this Value x, Shape begin, Shape lengths) =>
        x.Shape == lengths ? x : x.Graph.Apply(new Slice(begin, lengths), x);

    /// <summary>Part of one axis (negative axes count from the end).</summary>
    public static Value SliceAxis(this Value x, int axis, int begin, int length)
    {
        int from = axis < 0 ? axis + x.Shape.Rank : axis;
        return x.Slice(new Shape(new int[x.Shape.Rank]).With(from, begin), x.Shape.With(from, length));
    }

    /// <summary>A border of one number before and after every axis.</summary>
    public static Value Pad(this Value x, Shape begin, Shape end, double content = 0) =>
        begin.All(places => places == 0) && end.All(places => places == 0) ? x : x.Graph.Apply(new Pad(begin, end, content), x);

    /// <summary>Values joined along one axis (negative axes count from the end).</summary>
    public static Value Concat(this IReadOnlyList<Value> values, int axis) =>
        values.Count == 1 ? values[0] : values[0].Graph.Apply(new Concat(axis < 0 ? axis + values[0].Shape.Rank : axis), [.. values]);
}
