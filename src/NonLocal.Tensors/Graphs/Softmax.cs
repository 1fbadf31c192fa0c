using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>e^x / Σ e^x along one axis, or its logarithm.</summary>
/// <remarks>
/// Masked elements are −∞ and get exactly 0 (logarithm: −∞). Where all are masked, all get 0 (logarithm: −∞) and no gradient, instead of
/// NaN.
/// </remarks>
/// <param name="Axis">The axis, from 0.</param>
/// <param name="Logarithm">The logarithm of it.</param>
public sealed record Softmax(int Axis, bool Logarithm = false) : Operation
{
    /// <inheritdoc/>
    public override string Name => Logarithm ? "log-softmax" : "softmax";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return Axis >= 0 && Axis < inputs[0].Rank
            ? [inputs[0]]
            : throw new ShapeException($"axis {Axis} does not exist in shape {inputs[0]}.");
    }

    /// <inheritdoc/>
    public override bool MayOverwrite(int input) => true;

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> x = evaluation.Input(0);
        Span<T> y = evaluation.Output(0);
        (int outer, int length, int inner) = Cut(evaluation.InputShape(0), Axis);
        for (int row = 0; row < outer * inner; row++)
        {
            int first = (row / inner * length * inner) + (row % inner);
            T largest = T.NegativeInfinity;
            for (int i = 0; i < length; i++)
            {
                largest = T.Max(largest, x[first + (i * inner)]);
            }

            T sum = T.Zero;
            for (int i = 0; i < length; i++)
            {
                sum += T.Exp(x[first + (i * inner)] - largest);
            }

            for (int i = 0; i < length; i++)
            {
                T shifted = x[first + (i * inner)] - largest;
                bool empty = T.IsNegativeInfinity(largest);
                y[first + (i * inner)] = Logarithm
                    ? empty ? T.NegativeInfinity : shifted - T.Log(sum)
                    : empty ? T.Zero : T.Exp(shifted) / sum;
            }
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0] is { } g ? g.Graph.Apply(new SoftmaxGradient(Axis, Logarithm), node.Outputs[0], g) : null];

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        (Operand x, Operand y) = (binding.Inputs[0], binding.Outputs[0]);
        (int outer, int length, int inner) = Cut(x.Shape, Axis);
        WorkerPool pool = binding.Pool;
        return inner == 1
            ? () => SoftmaxRows.Run(pool, x.Pointer, y.Pointer, outer, length, Logarithm)
            : () => SoftmaxColumns.Run(pool, x.Pointer, y.Pointer, outer, length, inner, Logarithm);
    }

    internal static (int Outer, int Length, int Inner) Cut(Shape shape, int axis) =>
        ((int)shape[..axis].Count, shape[axis], (int)shape[(axis + 1)..].Count);
}

/// <summary>The gradient of <see cref="Softmax"/>. Inputs: its result and the result's gradient.</summary>
/// <param name="Axis">As forward.</param>
/// <param name="Logarithm">As forward.</param>
public sealed record SoftmaxGradient(int Axis, bool Logarithm = false) : Operation
{
    /// <inheritdoc/>
    public override string Name => Logarithm ? "log-softmax gradient" : "softmax gradient";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 2);
        return inputs[0] == inputs[1]
            ? [inputs[0]]
            : throw new ShapeException($"the gradient has shape {inputs[1]}, expected that of the result, {inputs[0]}.");
    }

    /// <inheritdoc/>
    public override bool MayOverwrite(int input) => true;

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> y = evaluation.Input(0);
        ReadOnlySpan<T> g = evaluation.Input(1);
        Span<T> gx = evaluation.Output(0);
        (int outer, int length, int inner) = Softmax.Cut(evaluation.InputShape(0), Axis);
        for (int row = 0; row < outer * inner; row++)
        {
            int first = (row / inner * length * inner) + (row % inner);
            T sum = T.Zero;
            for (int i = 0; i < length; i++)
            {
                int at = first + (i * inner);
                sum += Logarithm ? g[at] : g[at] * y[at];
            }

            for (int i = 0; i < length; i++)
            {
                int at = first + (i * inner);
                gx[at] = Logarithm ? g[at] - (T.Exp(y[at]) * sum) : y[at] * (g[at] - sum);
            }
        }
    }

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        (Operand y, Operand g, Operand gx) = (binding.Inputs[0], binding.Inputs[1], binding.Outputs[0]);
        (int outer, int length, int inner) = Softmax.Cut(y.Shape, Axis);
        WorkerPool pool = binding.Pool;
        return inner == 1
            ? () => SoftmaxRows.RunGradient(pool, y.Pointer, g.Pointer, gx.Pointer, outer, length, Logarithm)
            : () => SoftmaxColumns.RunGradient(pool, y.Pointer, g.Pointer, gx.Pointer, outer, length, inner, Logarithm);
    }
}

/// <summary>Softmax of values.</summary>
public static class SoftmaxExtensions
{
    /// <summary>e^x / Σ e^x along an axis (negative axes count from the end).</summary>
    public static Value Softmax(this Value x, int axis = -1) => x.Graph.Apply(new Softmax(axis < 0 ? axis + x.Shape.Rank : axis), x);

    /// <summary>x − ln Σ e^x along an axis (negative axes count from the end).</summary>
    public static Value LogSoftmax(this Value x, int axis = -1) =>
        x.Graph.Apply(new Softmax(axis < 0 ? axis + x.Shape.Rank : axis, true), x);
}
