using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// Largest element of every window over a map [batch, positions…, channels]. Outputs: the elements, and the number of the input position
/// (row-major within the sample) that each comes from.
/// </summary>
/// <remarks>The first of equal elements wins, padding never does, NaN always (PyTorch's rules).</remarks>
/// <param name="Window">The window; no groups.</param>
/// <param name="Ceiling">Also take the last window that starts within the input but reaches beyond it.</param>
public sealed record MaxPool(ConvolutionGeometry Window, bool Ceiling = false) : Operation
{
    private const int LargestExactPlace = 1 << 24;

    /// <inheritdoc/>
    public override string Name => "max pool";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        PoolWindow.Check(Window, inputs[0]);
        if (inputs[0][1..^1].Count > LargestExactPlace)
        {
            throw new ShapeException($"a map {inputs[0]} has more than {LargestExactPlace} positions.");
        }

        Shape output = new([inputs[0][0], .. PoolWindow.OutputPositions(Window, Ceiling, inputs[0][1..^1]), inputs[0].Last]);
        return [output, output];
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        Shape input = evaluation.InputShape(0);
        Shape output = evaluation.OutputShape(0);
        int inputPositions = (int)input[1..^1].Count;
        int outputPositions = (int)output[1..^1].Count;
        ReadOnlySpan<T> x = evaluation.Input(0);
        Span<T> y = evaluation.Output(0);
        Span<T> places = evaluation.Output(1);
        y.Fill(T.NegativeInfinity);
        places.Fill(T.NegativeOne);
        for (int sample = 0; sample < input[0]; sample++)
        {
            WindowWalk walk = new(Window, input[1..^1], output[1..^1]);
            while (walk.Next())
            {
                for (int c = 0; c < input.Last; c++)
                {
                    T value = x[(((sample * inputPositions) + walk.Input) * input.Last) + c];
                    int at = (((sample * outputPositions) + walk.Output) * input.Last) + c;
                    if (value > y[at] || T.IsNaN(value) || T.IsNegative(places[at]))
                    {
                        y[at] = value;
                        places[at] = T.CreateChecked(walk.Input);
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0] is { } g ? g.Graph.Apply(new MaxPoolGradient(Window, node.Inputs[0].Shape), g, node.Outputs[1]) : null];

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        (Operand x, Operand y, Operand places) = (binding.Inputs[0], binding.Outputs[0], binding.Outputs[1]);
        PoolSize size = PoolWindow.Size(Window, x.Shape, y.Shape);
        WorkerPool pool = binding.Pool;
        return () => MaximumPool.Run(pool, size, x.Pointer, y.Pointer, places.Pointer);
    }
}

/// <summary>
/// Sends gradients back to the elements that won. Inputs: the output's gradient and the places that <see cref="MaxPool"/> gave.
/// </summary>
/// <param name="Window">As forward.</param>
/// <param name="Input">The pool's input shape.</param>
public sealed record MaxPoolGradient(ConvolutionGeometry Window, Shape Input) : Operation
{
    /// <inheritdoc/>
    public override string Name => "max pool gradient";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 2);
        return inputs[0] == inputs[1]
            ? [Input]
            : throw new ShapeException($"the gradient has shape {inputs[0]}, but the places have {inputs[1]}.");
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        Shape output = evaluation.InputShape(0);
        int channels = Input.Last;
        int perSample = (int)output[1..].Count;
        int inputPerSample = (int)Input[1..].Count;
        ReadOnlySpan<T> g = evaluation.Input(0);
        Span<T> gx = evaluation.Output(0);
        gx.Clear();
        for (int i = 0; i < g.Length; i++)
        {
            int place = int.CreateChecked(evaluation.Input(1)[i]);
            if (place >= 0)
            {
                gx[(i / perSample * inputPerSample) + (place * channels) + (i % channels)] += g[i];
            }
        }
    }

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        (Operand g, Operand places, Operand gx) = (binding.Inputs[0], binding.Inputs[1], binding.Outputs[0]);
        PoolSize size = PoolWindow.Size(Window, gx.Shape, g.Shape);
        WorkerPool pool = binding.Pool;
        return () => MaximumPool.RunGradient(pool, size, g.Pointer, places.Pointer, gx.Pointer);
    }
}

/// <summary>Output sizes of pooling windows.</summary>
internal static class PoolWindow
{
    public static void Check(ConvolutionGeometry window, Shape map)
    {
        if (map.Rank != window.Rank + 2 || window.Rank is < 1 or > 3)
        {
            throw new ShapeException($"a {window.Rank}-D window needs a map [batch, {window.Rank} spatial axes, channels], got {map}.");
        }

        for (int axis = 0; axis < window.Rank; axis++)
        {
            if (Math.Max(window.PaddingBegin[axis], window.PaddingEnd[axis]) > window.Kernel[axis] / 2)
            {
                throw new ShapeException(
                    $"padding {window.PaddingBegin}+{window.PaddingEnd} is more than half of the window {window.Kernel}.");
            }
        }
    }

    public static Shape OutputPositions(ConvolutionGeometry window, bool ceiling, Shape input)
    {
        Shape output = window.OutputPositions(input);
        for (int axis = 0; ceiling && axis < output.Rank; axis++)
        {
            int padded = input[axis] + window.PaddingBegin[axis] + window.PaddingEnd[axis];
            int rest = padded - ((window.Kernel[axis] - 1) * window.Dilation[axis]) - 1;
            bool startsInside = output[axis] * window.Stride[axis] < input[axis] + window.PaddingBegin[axis];
            if (rest % window.Stride[axis] != 0 && startsInside)
            {
                output = output.With(axis, output[axis] + 1);
            }
        }

        return output;
    }

    public static PoolSize Size(ConvolutionGeometry window, Shape input, Shape output)
    {
        PoolAxis Axis(int fromLast)
        {
            int axis = window.Rank - fromLast;
            return axis < 0
                ? PoolAxis.None
                : new PoolAxis(
                    input[axis + 1], output[axis + 1], window.Kernel[axis],
                    window.Stride[axis], window.PaddingBegin[axis], window.Dilation[axis]);
        }

        return new PoolSize(input[0], Axis(3), Axis(2), Axis(1), input.Last);
    }
}
