using System.Numerics;
using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// Operations on maps [batch, positions…, channels] with 1 to 3 spatial axes that are one linear map along each axis: average pools and
/// resizing. The gradient is the transposed map.
/// </summary>
public abstract record Resampling : Operation
{
    /// <summary>The spatial output lengths for spatial input lengths.</summary>
    /// <exception cref="ShapeException">They do not fit.</exception>
    public abstract Shape OutputPositions(Shape input);

    /// <summary>The map along one axis.</summary>
    internal abstract AxisTable Table(int axis, int input, int output);

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        Shape input = inputs[0];
        if (input.Rank is < 3 or > 5)
        {
            throw new ShapeException($"needs a map [batch, 1 to 3 spatial axes, channels], got {input}.");
        }

        return [new Shape([input[0], .. OutputPositions(input[1..^1]), input.Last])];
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation) =>
        AxisTables.Define(Tables(evaluation.InputShape(0), evaluation.OutputShape(0)), evaluation);

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0] is { } g ? g.Graph.Apply(new ResamplingGradient(this, node.Inputs[0].Shape), g) : null];

    /// <inheritdoc/>
    public override Step? Bind(Binding binding) => AxisTables.Bind(Tables(binding.Inputs[0].Shape, binding.Outputs[0].Shape), binding);

    internal AxisTable[] Tables(Shape input, Shape output) =>
        [.. Enumerable.Range(0, input.Rank - 2).Select(axis => Table(axis, input[axis + 1], output[axis + 1]))];
}

/// <summary>The gradient of a resampling for its input; linear, so its own gradient is the resampling.</summary>
/// <param name="Forward">The resampling.</param>
/// <param name="Input">Its input shape.</param>
public sealed record ResamplingGradient(Resampling Forward, Shape Input) : Operation
{
    /// <inheritdoc/>
    public override string Name => $"{Forward.Name} gradient";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        Shape output = Forward.InferShapes([Input])[0];
        return inputs[0] == output
            ? [Input]
            : throw new ShapeException($"the gradient has shape {inputs[0]}, expected {output} for an input of {Input}.");
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation) => AxisTables.Define(Tables(evaluation.InputShape(0)), evaluation);

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0] is { } g ? g.Graph.Apply(Forward, g) : null];

    /// <inheritdoc/>
    public override Step? Bind(Binding binding) => AxisTables.Bind(Tables(binding.Inputs[0].Shape), binding);

    private AxisTable[] Tables(Shape output) => [.. Forward.Tables(Input, output).Select(table => table.Transposed())];
}

/// <summary>Runs maps along the spatial axes: literally, and by the kernel.</summary>
internal static unsafe class AxisTables
{
    public static void Define<T>(AxisTable[] tables, Evaluation<T> evaluation)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        AxisTable[] axes = ThreeAxes(tables);
        int channels = evaluation.OutputShape(0).Last;
        int outputs = axes[0].Output * axes[1].Output * axes[2].Output;
        for (int i = 0; i < evaluation.Output(0).Length; i++)
        {
            int position = i / channels % outputs;
            int sample = i / channels / outputs;
            T sum = T.Zero;
            (int d, int h, int w) =
                (position / axes[2].Output / axes[1].Output, position / axes[2].Output % axes[1].Output, position % axes[2].Output);
            for (int a = 0; a < axes[0].Count(d); a++)
            {
                for (int b = 0; b < axes[1].Count(h); b++)
                {
                    for (int c = 0; c < axes[2].Count(w); c++)
                    {
                        int plane = (sample * axes[0].Input) + axes[0].Start(d) + a;
                        int row = (plane * axes[1].Input) + axes[1].Start(h) + b;
                        int from = (row * axes[2].Input) + axes[2].Start(w) + c;
                        double weight = axes[0].Weight(d, a) * axes[1].Weight(h, b) * axes[2].Weight(w, c);
                        sum += T.CreateChecked(weight) * evaluation.Input(0)[(from * channels) + (i % channels)];
                    }
                }
            }

            evaluation.Output(0)[i] = sum;
        }
    }

    public static Step Bind(AxisTable[] tables, Binding binding)
    {
        AxisTable[] axes = ThreeAxes(tables);
        (Operand x, Operand y) = (binding.Inputs[0], binding.Outputs[0]);
        int batch = x.Shape[0];
        int channels = x.Shape.Last;
        long taps = 1;
        foreach (AxisTable axis in axes)
        {
            taps *= (axis.Weights.Length + axis.Output - 1) / axis.Output;
        }

        WorkerPool pool = binding.Pool;
        return () =>
        {
            Resample.Run(pool, batch, axes[0].View, axes[1].View, axes[2].View, channels, taps, x.Pointer, y.Pointer);

            // The kernel was given addresses of memory that belongs to the tables.
            GC.KeepAlive(axes);
        };
    }

    private static AxisTable[] ThreeAxes(AxisTable[] tables) => [.. Enumerable.Repeat(AxisTable.None, 3 - tables.Length), .. tables];
}
