namespace NonLocal.Tensors.Graphs;

/// <summary>Element-wise operations on values.</summary>
public static class ElementwiseExtensions
{
    /// <summary>A function of each element.</summary>
    public static Value Unary(this Value x, UnaryKind kind) => x.Graph.Apply(new Unary(kind), x);

    /// <summary>A function of two elements, with broadcasting.</summary>
    public static Value Binary(this Value a, BinaryKind kind, Value b) => a.Graph.Apply(new Binary(kind), a, b);

    /// <summary>max(x, 0).</summary>
    public static Value Relu(this Value x) => x.Unary(UnaryKind.Relu);

    /// <summary>x where x &gt; 0, slope·x elsewhere.</summary>
    public static Value LeakyRelu(this Value x, double slope = 0.01) => x.Graph.Apply(new LeakyRelu(slope), x);

    /// <summary>1 where x &gt; 0, else 0.</summary>
    public static Value Step(this Value x) => x.Unary(UnaryKind.Step);

    /// <summary>1/(1+e⁻ˣ).</summary>
    public static Value Sigmoid(this Value x) => x.Unary(UnaryKind.Sigmoid);

    /// <summary>tanh x.</summary>
    public static Value HyperbolicTangent(this Value x) => x.Unary(UnaryKind.HyperbolicTangent);

    /// <summary>eˣ.</summary>
    public static Value Exponential(this Value x) => x.Unary(UnaryKind.Exponential);

    /// <summary>ln x.</summary>
    public static Value Logarithm(this Value x) => x.Unary(UnaryKind.Logarithm);

    /// <summary>x².</summary>
    public static Value Square(this Value x) => x.Unary(UnaryKind.Square);

    /// <summary>√x.</summary>
    public static Value SquareRoot(this Value x) => x.Unary(UnaryKind.SquareRoot);

    /// <summary>1/√x.</summary>
    public static Value ReciprocalSquareRoot(this Value x) => x.Unary(UnaryKind.ReciprocalSquareRoot);

    /// <summary>x·Φ(x) (erf form).</summary>
    public static Value Gelu(this Value x) => x.Unary(UnaryKind.Gelu);

    /// <summary>x·sigmoid(x).</summary>
    public static Value Swish(this Value x) => x.Unary(UnaryKind.Swish);

    /// <summary>The larger of each pair.</summary>
    public static Value Maximum(this Value a, Value b) => a.Binary(BinaryKind.Maximum, b);

    /// <summary>The larger of each element and a number.</summary>
    public static Value Maximum(this Value a, double b) => a.Maximum(a.Graph.Constant(b));

    /// <summary>The smaller of each pair.</summary>
    public static Value Minimum(this Value a, Value b) => a.Binary(BinaryKind.Minimum, b);
}
