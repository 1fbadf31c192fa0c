using System.Numerics;
using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>What becomes of the losses of the rows.</summary>
public enum LossReduction
{
    /// <summary>
    /// Their sum divided by the sum of the weights of the targets that count (1 each without weights); NaN when none does.
    /// </summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>Each for itself; 0 for ignored rows.</summary>
    None,
}

/// <summary>
/// Cross-entropy of logits [rows, classes] with class numbers [rows] (whole numbers, kept as floats), as PyTorch defines it: a row's loss
/// is Σ q·(−log softmax) with q = (1 − smoothing)·weight of the target there, plus smoothing/classes·weight of each class.
/// A third input [classes] weighs the classes.
/// </summary>
/// <remarks>A target that is neither a class nor the ignored number gives NaN. The targets and weights get no gradient.</remarks>
/// <param name="Reduction">What becomes of the losses of the rows.</param>
/// <param name="Smoothing">Part of the target that is spread evenly, 0 to 1.</param>
/// <param name="Ignored">The target of rows that do not count.</param>
public sealed record CrossEntropy(LossReduction Reduction = LossReduction.Mean, double Smoothing = 0, int Ignored = -100) : Operation
{
    /// <inheritdoc/>
    public override string Name => "cross-entropy";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        if (inputs.Length is < 2 or > 3)
        {
            throw new ShapeException($"takes logits, targets and perhaps weights, got {inputs.Length} inputs.");
        }

        if (inputs[0].Rank != 2 || inputs[1] != new Shape(inputs[0][0]) || (inputs.Length > 2 && inputs[2] != new Shape(inputs[0][1])))
        {
            string weights = inputs.Length > 2 ? $" and {inputs[2]}" : "";
            throw new ShapeException(
                $"needs logits [rows, classes], targets [rows] and weights [classes], got {inputs[0]}, {inputs[1]}{weights}.");
        }

        if (Smoothing is < 0 or > 1)
        {
            throw new ShapeException($"smoothing must lie between 0 and 1, got {Smoothing}.");
        }

        return [Reduction == LossReduction.None ? inputs[1] : Shape.Scalar];
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        T total = T.Zero;
        T count = T.Zero;
        for (int row = 0; row < evaluation.InputShape(0)[0]; row++)
        {
            CrossEntropyRow<T> terms = new(this, evaluation, row, evaluation.InputCount > 2);
            total += terms.Loss;
            count += terms.Weight;
            if (Reduction == LossReduction.None)
            {
                evaluation.Output(0)[row] = terms.Loss;
            }
        }

        if (Reduction != LossReduction.None)
        {
            evaluation.Output(0)[0] = Reduction == LossReduction.Mean ? total / count : total;
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Value?[] gradients = new Value?[node.Inputs.Count];
        gradients[0] = outputGradients[0] is { } g ? g.Graph.Apply(new CrossEntropyGradient(this), [.. node.Inputs, g]) : null;
        return gradients;
    }

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        (Operand x, Operand targets, Operand y) = (binding.Inputs[0], binding.Inputs[1], binding.Outputs[0]);
        Operand? weights = binding.Inputs.Count > 2 ? binding.Inputs[2] : null;
        CrossEntropySize size = new(x.Shape[0], x.Shape[1], Smoothing, Ignored);
        Operand scratch = binding.Scratch(CrossEntropyRows.ScratchFloats(size.Rows));
        WorkerPool pool = binding.Pool;
        return () =>
        {
            double* losses = (double*)scratch.Pointer;
            CrossEntropyRows.Run(pool, size, x.Pointer, targets.Pointer, weights is null ? null : weights.Pointer, losses);
            double total = 0;
            double count = 0;
            for (int row = 0; row < size.Rows; row++)
            {
                total += losses[row];
                count += losses[size.Rows + row];
                if (Reduction == LossReduction.None)
                {
                    y.Pointer[row] = (float)losses[row];
                }
            }

            if (Reduction != LossReduction.None)
            {
                *y.Pointer = (float)(Reduction == LossReduction.Mean ? total / count : total);
            }
        };
    }
}

/// <summary>The gradient of <see cref="CrossEntropy"/> for the logits. Inputs: its inputs, then the loss's gradient.</summary>
/// <param name="Forward">The loss.</param>
public sealed record CrossEntropyGradient(CrossEntropy Forward) : Operation
{
    /// <inheritdoc/>
    public override string Name => "cross-entropy gradient";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        Shape loss = Forward.InferShapes(inputs[..^1])[0];
        return inputs[^1] == loss
            ? [inputs[0]]
            : throw new ShapeException($"the gradient has shape {inputs[^1]}, expected that of the loss, {loss}.");
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        (int rows, int classes) = (evaluation.InputShape(0)[0], evaluation.InputShape(0)[1]);
        ReadOnlySpan<T> g = evaluation.Input(evaluation.InputCount - 1);
        T count = T.Zero;
        for (int row = 0; row < rows; row++)
        {
            count += new CrossEntropyRow<T>(Forward, evaluation, row, evaluation.InputCount > 3).Weight;
        }

        for (int row = 0; row < rows; row++)
        {
            CrossEntropyRow<T> terms = new(Forward, evaluation, row, evaluation.InputCount > 3);
            T factor = Forward.Reduction switch
            {
                LossReduction.None => g[row],
                LossReduction.Sum => g[0],
                _ => g[0] / count,
            };
            for (int c = 0; c < classes; c++)
            {
                evaluation.Output(0)[(row * classes) + c] = terms.IsIgnored ? T.Zero : factor * terms.Gradient(c);
            }
        }
    }

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        (Operand x, Operand targets, Operand gx) = (binding.Inputs[0], binding.Inputs[1], binding.Outputs[0]);
        Operand? weights = binding.Inputs.Count > 3 ? binding.Inputs[2] : null;
        Operand g = binding.Inputs[^1];
        CrossEntropySize size = new(x.Shape[0], x.Shape[1], Forward.Smoothing, Forward.Ignored);
        WorkerPool pool = binding.Pool;
        return () =>
        {
            float* classWeights = weights is null ? null : weights.Pointer;
            double count = 1;
            if (Forward.Reduction == LossReduction.Mean)
            {
                count = 0;
                for (int row = 0; row < size.Rows; row++)
                {
                    count += CrossEntropyRows.RowWeight(size, targets.Pointer[row], classWeights);
                }
            }

            float* factors = Forward.Reduction == LossReduction.None ? g.Pointer : null;
            CrossEntropyRows.RunGradient(pool, size, x.Pointer, targets.Pointer, classWeights, *g.Pointer / count, factors, gx.Pointer);
        };
    }
}

/// <summary>For literal definitions: one row of a cross-entropy.</summary>
internal readonly ref struct CrossEntropyRow<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ReadOnlySpan<T> x;
    private readonly ReadOnlySpan<T> weights;
    private readonly int target;
    private readonly T smoothing;
    private readonly T logSum;

    public CrossEntropyRow(CrossEntropy loss, Evaluation<T> evaluation, int row, bool weighted)
    {
        int classes = evaluation.InputShape(0)[1];
        x = evaluation.Input(0).Slice(row * classes, classes);
        weights = weighted ? evaluation.Input(2) : [];
        float number = float.CreateChecked(evaluation.Input(1)[row]);
        IsIgnored = number == loss.Ignored;
        target = RowGather.RowOf(number, classes);
        smoothing = T.CreateChecked(loss.Smoothing);
        T largest = T.NegativeInfinity;
        foreach (T logit in x)
        {
            largest = T.Max(largest, logit);
        }

        T sum = T.Zero;
        foreach (T logit in x)
        {
            sum += T.Exp(logit - largest);
        }

        logSum = largest + T.Log(sum);
    }

    public bool IsIgnored { get; }

    public T Weight => IsIgnored ? T.Zero : target < 0 ? T.NaN : ClassWeight(target);

    public T Loss
    {
        get
        {
            T loss = T.Zero;
            for (int c = 0; c < x.Length && !IsIgnored; c++)
            {
                T q = Share(c);
                loss += q == T.Zero ? T.Zero : q * (logSum - x[c]);
            }

            return loss;
        }
    }

    public T Gradient(int column)
    {
        T total = T.Zero;
        for (int c = 0; c < x.Length; c++)
        {
            total += Share(c);
        }

        return (T.Exp(x[column] - logSum) * total) - Share(column);
    }

    private T Share(int c)
    {
        T even = smoothing / T.CreateChecked(x.Length) * ClassWeight(c);
        return target < 0 ? T.NaN : c == target ? even + ((T.One - smoothing) * ClassWeight(c)) : even;
    }

    private T ClassWeight(int c) => weights.IsEmpty ? T.One : weights[c];
}

/// <summary>Losses of values.</summary>
public static class LossExtensions
{
    /// <summary>Cross-entropy of logits [rows, classes] with class numbers [rows].</summary>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="targets">[rows], whole numbers.</param>
    /// <param name="weights">[classes] or null.</param>
    /// <param name="reduction">Mean, sum or none.</param>
    /// <param name="smoothing">Part of the target that is spread evenly.</param>
    /// <param name="ignored">The target of rows that do not count.</param>
    public static Value CrossEntropy(
        this Value logits, Value targets, Value? weights = null,
        LossReduction reduction = LossReduction.Mean, double smoothing = 0, int ignored = -100)
    {
        CrossEntropy loss = new(reduction, smoothing, ignored);
        return weights is null ? logits.Graph.Apply(loss, logits, targets) : logits.Graph.Apply(loss, logits, targets, weights);
    }

    /// <summary>Mean squared difference over all elements: a scalar.</summary>
    public static Value MeanSquaredError(this Value prediction, Value target) =>
        (prediction - target).Square().Mean().Reshape(Shape.Scalar);
}
