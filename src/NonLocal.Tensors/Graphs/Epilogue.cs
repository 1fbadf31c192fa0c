namespace NonLocal.Tensors.Graphs;

/// <summary>Element-wise functions that a product or convolution can apply while it writes.</summary>
public enum Activation
{
    /// <summary>The number itself.</summary>
    None,

    /// <summary>max(x, 0).</summary>
    Relu,
}

/// <summary>What happens to an element of a product or convolution before it is written: + bias, + residual, activation.</summary>
/// <param name="Bias">A further input [output channels] is added to every row.</param>
/// <param name="Residual">A further input of the output's shape is added.</param>
/// <param name="Activation">Applied last.</param>
public readonly record struct Epilogue(bool Bias = false, bool Residual = false, Activation Activation = Activation.None)
{
    /// <summary>How many inputs it takes: bias first, residual second.</summary>
    public int InputCount => (Bias ? 1 : 0) + (Residual ? 1 : 0);

    /// <summary>Checks the shapes of its inputs, which follow the <paramref name="first"/> ones.</summary>
    /// <exception cref="ShapeException">A bias that is not [columns], or a residual of another shape.</exception>
    public void Check(ReadOnlySpan<Shape> inputs, int first, Shape output)
    {
        if (inputs.Length != first + InputCount)
        {
            throw new ShapeException($"takes {first + InputCount} inputs, got {inputs.Length}.");
        }

        if (Bias && inputs[first] != new Shape(output.Last))
        {
            throw new ShapeException($"bias has shape {inputs[first]}, expected {output.Last} for {output.Last} output channels.");
        }

        if (Residual && inputs[^1] != output)
        {
            throw new ShapeException($"residual has shape {inputs[^1]}, expected that of the output, {output}.");
        }
    }

    /// <summary>The literal definition, applied to finished sums in place.</summary>
    public void Define<T>(Evaluation<T> evaluation, int first)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        Span<T> y = evaluation.Output(0);
        int columns = evaluation.OutputShape(0).Last;
        for (int i = 0; i < y.Length; i++)
        {
            T value = y[i];
            if (Bias)
            {
                value += evaluation.Input(first)[i % columns];
            }

            if (Residual)
            {
                value += evaluation.Input(evaluation.InputCount - 1)[i];
            }

            y[i] = Activation == Activation.Relu ? Unary.Apply(UnaryKind.Relu, value) : value;
        }
    }

    /// <summary>
    /// Gradients for the sum before the epilogue, the bias and the residual. Undoes the activation by the sign of the output.
    /// </summary>
    public (Value Sum, Value? Bias, Value? Residual) Differentiate(Node node, Value gradient)
    {
        Value g = Activation == Activation.Relu ? gradient * node.Outputs[0].Step() : gradient;
        return (g, Bias ? g.SumTo(new Shape(g.Shape.Last)) : null, Residual ? g : null);
    }
}

/// <summary>An operation whose kernel can apply an <see cref="Graphs.Epilogue"/>. Its last inputs are the epilogue's.</summary>
public interface IEpilogueHost
{
    /// <summary>What is applied now.</summary>
    Epilogue Epilogue { get; }

    /// <summary>The same operation with another epilogue.</summary>
    Operation With(Epilogue epilogue);

    /// <summary>
    /// Which input holds the weights, whose last axis (output channels) a per-channel scale can be folded into; null: none.
    /// </summary>
    int? WeightInput { get; }
}
