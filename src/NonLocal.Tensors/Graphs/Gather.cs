using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// Rows of a table by number: y[i] = x[numbers[i]]. Inputs: x [rows, columns], numbers [count] (whole numbers, kept as floats).
/// </summary>
/// <remarks>A number that is no row gives a row of NaN.</remarks>
public sealed record GatherRows : Operation
{
    /// <inheritdoc/>
    public override string Name => "gather rows";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 2);
        return inputs[0].Rank == 2 && inputs[1].Rank == 1
            ? [[inputs[1][0], inputs[0][1]]]
            : throw new ShapeException($"needs a table [rows, columns] and numbers [count], got {inputs[0]} and {inputs[1]}.");
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        Shape table = evaluation.InputShape(0);
        Span<T> y = evaluation.Output(0);
        for (int i = 0; i < y.Length; i++)
        {
            int row = RowGather.RowOf(float.CreateChecked(evaluation.Input(1)[i / table[1]]), table[0]);
            y[i] = row < 0 ? T.NaN : evaluation.Input(0)[(row * table[1]) + (i % table[1])];
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0] is { } g ? g.Graph.Apply(new ScatterAddRows(node.Inputs[0].Shape[0]), g, node.Inputs[1]) : null, null];

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        (Operand x, Operand numbers, Operand y) = (binding.Inputs[0], binding.Inputs[1], binding.Outputs[0]);
        WorkerPool pool = binding.Pool;
        return () => RowGather.Gather(pool, x.Pointer, numbers.Pointer, y.Pointer, x.Shape[0], y.Shape[0], y.Shape[1]);
    }
}

/// <summary>
/// Sums rows into numbered rows: y = 0, then y[numbers[i]] += x[i], in the order of i. Inputs: x [count, columns], numbers [count].
/// </summary>
/// <remarks>A number that is no row is left out.</remarks>
/// <param name="Rows">Rows of the result.</param>
public sealed record ScatterAddRows(int Rows) : Operation
{
    /// <inheritdoc/>
    public override string Name => "scatter-add rows";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 2);
        return inputs[0].Rank == 2 && inputs[1].Rank == 1 && inputs[0][0] == inputs[1][0] && Rows > 0
            ? [[Rows, inputs[0][1]]]
            : throw new ShapeException($"needs rows [count, columns] and as many numbers [count], got {inputs[0]} and {inputs[1]}.");
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        Span<T> y = evaluation.Output(0);
        ReadOnlySpan<T> x = evaluation.Input(0);
        int columns = evaluation.OutputShape(0)[1];
        y.Clear();
        for (int i = 0; i < x.Length; i++)
        {
            int row = RowGather.RowOf(float.CreateChecked(evaluation.Input(1)[i / columns]), Rows);
            if (row >= 0)
            {
                y[(row * columns) + (i % columns)] += x[i];
            }
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0]?.GatherRows(node.Inputs[1]), null];

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        (Operand x, Operand numbers, Operand y) = (binding.Inputs[0], binding.Inputs[1], binding.Outputs[0]);
        WorkerPool pool = binding.Pool;
        return () => RowGather.ScatterAdd(pool, x.Pointer, numbers.Pointer, y.Pointer, Rows, x.Shape[0], x.Shape[1]);
    }
}

/// <summary>Rows of values by number.</summary>
public static class GatherExtensions
{
    /// <summary>y[i] = x[numbers[i]].</summary>
    public static Value GatherRows(this Value x, Value numbers) => x.Graph.Apply(new GatherRows(), x, numbers);

    /// <summary>y = 0, then y[numbers[i]] += x[i].</summary>
    public static Value ScatterAddRows(this Value x, Value numbers, int rows) => x.Graph.Apply(new ScatterAddRows(rows), x, numbers);
}
