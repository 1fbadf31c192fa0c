using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// Convolution (cross-correlation, as everywhere in deep learning) over 1 to 3 spatial axes: y[n, p, o] = Σ over taps t and channels c of
/// x[n, p·stride + t·dilation − padding, c] · w[t, c, o]. Inputs: x [batch, positions…, channels], w [kernel…, channels/groups, outputs],
/// then the epilogue's.
/// </summary>
/// <param name="Geometry">The window.</param>
/// <param name="Epilogue">Bias, residual, activation.</param>
public sealed record Convolution(ConvolutionGeometry Geometry, Epilogue Epilogue = default) : Operation, IEpilogueHost
{
    /// <inheritdoc/>
    public override string Name => "convolution";

    /// <inheritdoc/>
    public int? WeightInput => 1;

    /// <inheritdoc/>
    public Operation With(Epilogue epilogue) => this with { Epilogue = epilogue };

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        if (inputs.Length < 2)
        {
            throw new ShapeException($"takes at least 2 inputs, got {inputs.Length}.");
        }

        Shape output = Geometry.OutputShape(inputs[0], inputs[1]);
        Epilogue.Check(inputs, 2, output);
        return [output];
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> x = evaluation.Input(0);
        ReadOnlySpan<T> w = evaluation.Input(1);
        Span<T> y = evaluation.Output(0);
        y.Clear();
        ConvolutionPairs pairs = new(Geometry, evaluation.InputShape(0), evaluation.OutputShape(0));
        while (pairs.Next())
        {
            for (int o = 0; o < pairs.Outputs; o++)
            {
                T sum = y[pairs.Y(o)];
                for (int c = 0; c < pairs.GroupInputs; c++)
                {
                    sum += x[pairs.X(o, c)] * w[pairs.W(o, c)];
                }

                y[pairs.Y(o)] = sum;
            }
        }

        Epilogue.Define(evaluation, 2);
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Value?[] gradients = new Value?[node.Inputs.Count];
        if (outputGradients[0] is not { } gradient)
        {
            return gradients;
        }

        (Value g, Value? bias, Value? residual) = Epilogue.Differentiate(node, gradient);
        Value x = node.Inputs[0];
        Value w = node.Inputs[1];
        gradients[0] = x.Graph.Apply(new ConvolutionInputGradient(Geometry, x.Shape), g, w);
        gradients[1] = x.Graph.Apply(new ConvolutionWeightGradient(Geometry), x, g);
        if (bias != null)
        {
            gradients[2] = bias;
        }

        if (residual != null)
        {
            gradients[^1] = residual;
        }

        return gradients;
    }

    /// <inheritdoc/>
    public override Step? Bind(Binding binding) => ConvolutionBinding.Forward(this, binding);

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node) => node.Outputs[0].Shape.Count * Geometry.Taps * node.Inputs[1].Shape[^2];
}

/// <summary>
/// The gradient of a convolution for its input, which is also the transposed convolution: inputs are the output's gradient and the weight.
/// </summary>
/// <param name="Geometry">The window of the convolution.</param>
/// <param name="Input">The convolution's input shape.</param>
public sealed record ConvolutionInputGradient(ConvolutionGeometry Geometry, Shape Input) : Operation
{
    /// <inheritdoc/>
    public override string Name => "convolution input gradient";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 2);
        Shape output = Geometry.OutputShape(Input, inputs[1]);
        return inputs[0] == output
            ? [Input]
            : throw new ShapeException($"the gradient has shape {inputs[0]}, expected {output} for an input of {Input}.");
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> g = evaluation.Input(0);
        ReadOnlySpan<T> w = evaluation.Input(1);
        Span<T> gx = evaluation.Output(0);
        gx.Clear();
        ConvolutionPairs pairs = new(Geometry, Input, evaluation.InputShape(0));
        while (pairs.Next())
        {
            for (int o = 0; o < pairs.Outputs; o++)
            {
                T gradient = g[pairs.Y(o)];
                for (int c = 0; c < pairs.GroupInputs; c++)
                {
                    gx[pairs.X(o, c)] += gradient * w[pairs.W(o, c)];
                }
            }
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients)
    {
        if (outputGradients[0] is not { } gradient)
        {
            return [null, null];
        }

        Graph graph = gradient.Graph;
        return
        [
            graph.Apply(new Convolution(Geometry), gradient, node.Inputs[1]),
            graph.Apply(new ConvolutionWeightGradient(Geometry), gradient, node.Inputs[0]),
        ];
    }

    /// <inheritdoc/>
    public override Step? Bind(Binding binding) => ConvolutionBinding.InputGradient(Geometry, binding);

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node) => node.Inputs[0].Shape.Count * Geometry.Taps * node.Inputs[1].Shape[^2];
}

/// <summary>The gradient of a convolution for its weight: inputs are the convolution's input and the output's gradient.</summary>
/// <param name="Geometry">The window of the convolution.</param>
public sealed record ConvolutionWeightGradient(ConvolutionGeometry Geometry) : Operation
{
    /// <inheritdoc/>
    public override string Name => "convolution weight gradient";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 2);
        Shape weight = Geometry.WeightShape(inputs[0].Last, inputs[1].Last);
        Shape output = Geometry.OutputShape(inputs[0], weight);
        return inputs[1] == output
            ? [weight]
            : throw new ShapeException($"the gradient has shape {inputs[1]}, expected {output} for an input of {inputs[0]}.");
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> x = evaluation.Input(0);
        ReadOnlySpan<T> g = evaluation.Input(1);
        Span<T> gw = evaluation.Output(0);
        gw.Clear();
        ConvolutionPairs pairs = new(Geometry, evaluation.InputShape(0), evaluation.InputShape(1));
        while (pairs.Next())
        {
            for (int o = 0; o < pairs.Outputs; o++)
            {
                T gradient = g[pairs.Y(o)];
                for (int c = 0; c < pairs.GroupInputs; c++)
                {
                    gw[pairs.W(o, c)] += gradient * x[pairs.X(o, c)];
                }
            }
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients)
    {
        if (outputGradients[0] is not { } gradient)
        {
            return [null, null];
        }

        Graph graph = gradient.Graph;
        return
        [
            graph.Apply(new ConvolutionInputGradient(Geometry, node.Inputs[0].Shape), node.Inputs[1], gradient),
            graph.Apply(new Convolution(Geometry), node.Inputs[0], gradient),
        ];
    }

    /// <inheritdoc/>
    public override Step? Bind(Binding binding) => ConvolutionBinding.WeightGradient(Geometry, binding);

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node) => node.Inputs[1].Shape.Count * Geometry.Taps * node.Outputs[0].Shape[^2];
}

/// <summary>For the literal definitions: all (sample, output position, tap) triples that exist, and where their elements lie.</summary>
internal ref struct ConvolutionPairs
{
    private readonly ConvolutionGeometry geometry;
    private readonly Shape input;
    private readonly Shape output;
    private readonly int inputPositions;
    private readonly int outputPositions;
    private int sample;
    private WindowWalk walk;

    public ConvolutionPairs(ConvolutionGeometry geometry, Shape input, Shape output)
    {
        this.geometry = geometry;
        this.input = input;
        this.output = output;
        inputPositions = (int)input[1..^1].Count;
        outputPositions = (int)output[1..^1].Count;
        Outputs = output.Last;
        GroupInputs = input.Last / geometry.Groups;
        walk = new WindowWalk(geometry, input[1..^1], output[1..^1]);
    }

    /// <summary>All output channels.</summary>
    public int Outputs { get; }

    /// <summary>Input channels of one group.</summary>
    public int GroupInputs { get; }

    public bool Next()
    {
        while (!walk.Next())
        {
            if (++sample == input[0])
            {
                return false;
            }

            walk = new WindowWalk(geometry, input[1..^1], output[1..^1]);
        }

        return true;
    }

    /// <summary>Element of the output: channel o at this position.</summary>
    public readonly int Y(int o) => (((sample * outputPositions) + walk.Output) * Outputs) + o;

    /// <summary>Element of the input: channel c of the group that output channel o reads.</summary>
    public readonly int X(int o, int c) =>
        (((sample * inputPositions) + walk.Input) * input.Last) + (o / (Outputs / geometry.Groups) * GroupInputs) + c;

    /// <summary>Element of the weight at this tap.</summary>
    public readonly int W(int o, int c) => (((walk.Tap * GroupInputs) + c) * Outputs) + o;
}

/// <summary>Convolutions of values.</summary>
public static class ConvolutionExtensions
{
    /// <summary>Convolution of a map [batch, positions…, channels] with a weight [kernel…, channels/groups, outputs].</summary>
    public static Value Convolution(this Value x, Value weight, ConvolutionGeometry geometry) =>
        x.Graph.Apply(new Convolution(geometry), x, weight);
}
