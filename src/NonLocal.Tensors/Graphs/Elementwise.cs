using System.Numerics;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>Functions of one number.</summary>
public enum UnaryKind
{
    /// <summary>−x.</summary>
    Negate,

    /// <summary>|x|.</summary>
    Absolute,

    /// <summary>x².</summary>
    Square,

    /// <summary>√x.</summary>
    SquareRoot,

    /// <summary>1/√x.</summary>
    ReciprocalSquareRoot,

    /// <summary>1/x.</summary>
    Reciprocal,

    /// <summary>eˣ.</summary>
    Exponential,

    /// <summary>ln x.</summary>
    Logarithm,

    /// <summary>1/(1+e⁻ˣ).</summary>
    Sigmoid,

    /// <summary>tanh x.</summary>
    HyperbolicTangent,

    /// <summary>The error function.</summary>
    ErrorFunction,

    /// <summary>max(x, 0); NaN stays NaN.</summary>
    Relu,

    /// <summary>1 where x &gt; 0, else 0: the derivative of <see cref="Relu"/>, 0 at 0.</summary>
    Step,

    /// <summary>x·Φ(x), with the exact (erf) form.</summary>
    Gelu,

    /// <summary>x·sigmoid(x), also called SiLU.</summary>
    Swish,
}

/// <summary>Functions of two numbers.</summary>
public enum BinaryKind
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a − b.</summary>
    Subtract,

    /// <summary>a · b.</summary>
    Multiply,

    /// <summary>a / b.</summary>
    Divide,

    /// <summary>The larger; NaN if either is.</summary>
    Maximum,

    /// <summary>The smaller; NaN if either is.</summary>
    Minimum,

    /// <summary>1 where a &gt; b, else 0.</summary>
    Greater,

    /// <summary>1 where a = b, else 0.</summary>
    Equal,
}

/// <summary>A function of each element.</summary>
public sealed record Unary(UnaryKind Kind) : Operation
{
    /// <inheritdoc/>
    public override string Name => Kind.ToString().ToLowerInvariant();

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override bool MayOverwrite(int input) => true;

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> x = evaluation.Input(0);
        Span<T> y = evaluation.Output(0);
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = Apply(Kind, x[i]);
        }
    }

    /// <inheritdoc/>
    public override Step? Bind(Binding binding) => ElementwiseBinding.Bind(binding, this);

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients)
    {
        if (outputGradients[0] is not { } g)
        {
            return [null];
        }

        Value x = node.Inputs[0];
        Value y = node.Outputs[0];
        return
        [
            Kind switch
            {
                UnaryKind.Negate => -g,
                UnaryKind.Absolute => g * (x.Step() - (-x).Step()),
                UnaryKind.Square => g * x * 2,
                UnaryKind.SquareRoot => g / y * 0.5,
                UnaryKind.ReciprocalSquareRoot => g * y / x * -0.5,
                UnaryKind.Reciprocal => -(g * y * y),
                UnaryKind.Exponential => g * y,
                UnaryKind.Logarithm => g / x,
                UnaryKind.Sigmoid => g * (y - (y * y)),
                UnaryKind.HyperbolicTangent => g - (g * y * y),
                UnaryKind.ErrorFunction => g * (x * x * -1).Exponential() * (2 / Math.Sqrt(Math.PI)),
                UnaryKind.Relu => g * y.Step(),
                UnaryKind.Step => null,
                UnaryKind.Gelu => g * GeluSlope(x),
                UnaryKind.Swish => g * SwishSlope(x),
                _ => throw new NotSupportedException(Name),
            },
        ];
    }

    internal static T Apply<T>(UnaryKind kind, T x)
        where T : IBinaryFloatingPointIeee754<T> => kind switch
        {
            UnaryKind.Negate => -x,
            UnaryKind.Absolute => T.Abs(x),
            UnaryKind.Square => x * x,
            UnaryKind.SquareRoot => T.Sqrt(x),
            UnaryKind.ReciprocalSquareRoot => T.One / T.Sqrt(x),
            UnaryKind.Reciprocal => T.One / x,
            UnaryKind.Exponential => T.Exp(x),
            UnaryKind.Logarithm => T.Log(x),
            UnaryKind.Sigmoid => T.One / (T.One + T.Exp(-x)),
            UnaryKind.HyperbolicTangent => T.Tanh(x),
            UnaryKind.ErrorFunction => T.CreateChecked(ErrorFunction.Of(double.CreateChecked(x))),
            UnaryKind.Relu => x < T.Zero ? T.Zero : x,
            UnaryKind.Step => x > T.Zero ? T.One : T.Zero,
            UnaryKind.Gelu => x * T.CreateChecked(0.5 * (1 + ErrorFunction.Of(double.CreateChecked(x) / Math.Sqrt(2)))),
            UnaryKind.Swish => x / (T.One + T.Exp(-x)),
            _ => throw new NotSupportedException(kind.ToString()),
        };

    // d/dx x·Φ(x) = Φ(x) + x·φ(x)
    private static Value GeluSlope(Value x) =>
        (((x * Math.Sqrt(0.5)).Unary(UnaryKind.ErrorFunction) * 0.5) + 0.5)
        + (x * (x * x * -0.5).Exponential() * (1 / Math.Sqrt(2 * Math.PI)));

    // d/dx x·s = s + x·s·(1 − s)
    private static Value SwishSlope(Value x)
    {
        Value s = x.Sigmoid();
        return s + (x * (s - (s * s)));
    }
}

/// <summary>x where x &gt; 0, slope·x elsewhere.</summary>
public sealed record LeakyRelu(double Slope) : Operation
{
    /// <inheritdoc/>
    public override string Name => "leaky relu";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override bool MayOverwrite(int input) => true;

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> x = evaluation.Input(0);
        Span<T> y = evaluation.Output(0);
        T slope = T.CreateChecked(Slope);
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = x[i] > T.Zero ? x[i] : slope * x[i];
        }
    }

    /// <inheritdoc/>
    public override Step? Bind(Binding binding) => ElementwiseBinding.Bind(binding, this);

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) =>
        outputGradients[0] is { } g ? [g * ((node.Inputs[0].Step() * (1 - Slope)) + Slope)] : [null];
}

/// <summary>A function of two elements, with broadcasting.</summary>
public sealed record Binary(BinaryKind Kind) : Operation
{
    /// <inheritdoc/>
    public override string Name => Kind.ToString().ToLowerInvariant();

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 2);
        return [Broadcasting.Common(inputs)];
    }

    /// <inheritdoc/>
    public override bool MayOverwrite(int input) => true;

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> a = evaluation.Input(0);
        ReadOnlySpan<T> b = evaluation.Input(1);
        Span<T> y = evaluation.Output(0);
        Shape shape = evaluation.OutputShape(0);
        int[][] strides = [Broadcasting.Strides(evaluation.InputShape(0), shape), Broadcasting.Strides(evaluation.InputShape(1), shape)];
        IndexWalk walk = new(shape, strides);
        for (int i = 0; i < y.Length; i++, walk.Next())
        {
            y[i] = Apply(Kind, a[walk[0]], b[walk[1]]);
        }
    }

    /// <inheritdoc/>
    public override Step? Bind(Binding binding) => ElementwiseBinding.Bind(binding, this);

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients)
    {
        if (outputGradients[0] is not { } g)
        {
            return [null, null];
        }

        Value a = node.Inputs[0];
        Value b = node.Inputs[1];
        (Value? ga, Value? gb) = Kind switch
        {
            BinaryKind.Add => (g, g),
            BinaryKind.Subtract => (g, -g),
            BinaryKind.Multiply => (g * b, g * a),
            BinaryKind.Divide => (g / b, -(g * node.Outputs[0] / b)),
            BinaryKind.Maximum => Chosen(g, a.Binary(BinaryKind.Greater, b), a, b),
            BinaryKind.Minimum => Chosen(g, b.Binary(BinaryKind.Greater, a), a, b),
            _ => ((Value?)null, (Value?)null),
        };
        return [ga?.SumTo(a.Shape), gb?.SumTo(b.Shape)];
    }

    internal static T Apply<T>(BinaryKind kind, T a, T b)
        where T : IBinaryFloatingPointIeee754<T> => kind switch
        {
            BinaryKind.Add => a + b,
            BinaryKind.Subtract => a - b,
            BinaryKind.Multiply => a * b,
            BinaryKind.Divide => a / b,
            BinaryKind.Maximum => T.Max(a, b),
            BinaryKind.Minimum => T.Min(a, b),
            BinaryKind.Greater => a > b ? T.One : T.Zero,
            BinaryKind.Equal => a == b ? T.One : T.Zero,
            _ => throw new NotSupportedException(kind.ToString()),
        };

    // Where both are equal, each gets half, as PyTorch does it.
    private static (Value A, Value B) Chosen(Value g, Value aWins, Value a, Value b)
    {
        Value share = aWins + (a.Binary(BinaryKind.Equal, b) * 0.5);
        return (g * share, g - (g * share));
    }
}
