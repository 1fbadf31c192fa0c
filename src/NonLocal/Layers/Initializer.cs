using NonLocal.Tensors;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Layers;

/// <summary>Writes the first value of a variable.</summary>
/// <param name="values">To be filled, in the engine's order.</param>
/// <param name="shape">The variable's shape: [kernel…, input, output] for weights.</param>
/// <param name="random">Numbers for this variable alone.</param>
public delegate void Initializer(Span<float> values, Shape shape, RandomStream random);

/// <summary>The usual first values.</summary>
public static class Initializers
{
    /// <summary>All 0.</summary>
    public static Initializer Zeros { get; } = Constant(0);

    /// <summary>All 1.</summary>
    public static Initializer Ones { get; } = Constant(1);

    /// <summary>
    /// PyTorch's default for the weights of convolutions and linear layers: uniform in ±1/√(inputs of one output), which is
    /// Kaiming uniform with a = √5.
    /// </summary>
    public static Initializer FanInUniform { get; } = (values, shape, random) => FillUniform(values, 1 / Math.Sqrt(FanIn(shape)), random);

    /// <summary>
    /// Kaiming normal for ReLU over the outputs of one input (<c>mode="fan_out"</c>): normal with deviation √(2 / (outputs · taps)).
    /// </summary>
    public static Initializer KaimingNormalFanOut { get; } =
        (values, shape, random) => FillNormal(values, Math.Sqrt(2.0 / FanOut(shape)), random);

    /// <summary>
    /// Kaiming normal for ReLU over the inputs of one output (<c>mode="fan_in"</c>): normal with deviation √(2 / (inputs · taps)).
    /// </summary>
    public static Initializer KaimingNormalFanIn { get; } =
        (values, shape, random) => FillNormal(values, Math.Sqrt(2.0 / FanIn(shape)), random);

    /// <summary>All the same number.</summary>
    public static Initializer Constant(double number) => (values, _, _) => values.Fill((float)number);

    /// <summary>Uniform in ±<paramref name="bound"/>.</summary>
    public static Initializer Uniform(double bound) => (values, _, random) => FillUniform(values, bound, random);

    /// <summary>Normal with mean 0.</summary>
    public static Initializer Normal(double deviation) => (values, _, random) => FillNormal(values, deviation, random);

    /// <summary>Inputs of one output: all axes of a weight but the last.</summary>
    internal static long FanIn(Shape weight) => weight.Count / weight.Last;

    // As PyTorch counts them: output channels times taps, also where there are groups.
    private static long FanOut(Shape weight) => weight.Count / weight[^2];

    private static void FillUniform(Span<float> values, double bound, RandomStream random)
    {
        random.Uniform(values);
        foreach (ref float value in values)
        {
            value = (float)(((2.0 * value) - 1) * bound);
        }
    }

    private static void FillNormal(Span<float> values, double deviation, RandomStream random)
    {
        random.Normal(values);
        foreach (ref float value in values)
        {
            value = (float)(value * deviation);
        }
    }
}
