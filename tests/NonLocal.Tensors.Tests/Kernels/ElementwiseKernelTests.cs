using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Tests.Graphs;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public class ElementwiseKernelTests
{
    private static readonly float[] Special =
    [
        0, -0f, 1, -1, float.NaN, float.PositiveInfinity, float.NegativeInfinity,
        float.MaxValue, float.MinValue, 1e-40f, -1e-40f, 88, -88, 1e-20f,
    ];

    public static TheoryData<UnaryKind> UnaryKinds => [.. Enum.GetValues<UnaryKind>()];

    public static TheoryData<BinaryKind> BinaryKinds => [.. Enum.GetValues<BinaryKind>()];

    [Theory]
    [MemberData(nameof(UnaryKinds))]
    public void Unary_AnyLength_EqualsDefinition(UnaryKind kind)
    {
        bool positive = kind is UnaryKind.Logarithm or UnaryKind.SquareRoot or UnaryKind.ReciprocalSquareRoot;
        foreach (int length in new[] { 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 127, 1023, 1024, 1025, 4099, 40_000 })
        {
            KernelCheck.Run(new Unary(kind), [[length]], 3e-7, (random, _) => Sample(random, positive));
        }

        static double Sample(Random random, bool positive)
        {
            double x = GradientCheck.Normal(random) * Math.Pow(10, random.Next(-2, 2));
            return positive ? Math.Abs(x) + 1e-6 : x;
        }
    }

    [Theory]
    [MemberData(nameof(UnaryKinds))]
    public void Unary_SpecialNumbers_EqualDefinition(UnaryKind kind)
    {
        foreach (float x in Special)
        {
            float[] row = [.. Enumerable.Repeat(x, 19)];
            KernelCheck.Run(new Unary(kind), [[19]], [row], 1e-5, $"x = {x}");
        }
    }

    [Theory]
    [InlineData(UnaryKind.Exponential, -80, 80, 3e-7)]
    [InlineData(UnaryKind.Logarithm, 1e-6, 30, 3e-7)]
    [InlineData(UnaryKind.Sigmoid, -40, 40, 3e-7)]
    [InlineData(UnaryKind.HyperbolicTangent, -9, 9, 3e-7)]
    [InlineData(UnaryKind.ErrorFunction, -5, 5, 3e-7)]
    [InlineData(UnaryKind.Swish, -20, 20, 3e-7)]
    public void Unary_EveryPoint_SmallRelativeError(UnaryKind kind, double from, double to, double tolerance)
    {
        const int Points = 20_011;
        float[] x = [.. Enumerable.Range(0, Points).Select(i => (float)(from + ((to - from) * i / Points)))];
        float[] y = KernelCheck.Run(new Unary(kind), [[Points]], [x])[0];
        for (int i = 0; i < Points; i++)
        {
            double expected = Unary.Apply(kind, (double)x[i]);
            if (!(Math.Abs(y[i] - expected) <= (tolerance * Math.Abs(expected)) + 1e-37))
            {
                Assert.Fail($"{kind}({x[i]:R}) = {y[i]:R}, expected {expected:R}");
            }
        }
    }

    [Fact]
    public void LeakyRelu_AnySign_EqualsDefinition() => KernelCheck.Run(new LeakyRelu(0.01), [[3, 50]]);

    [Theory]
    [MemberData(nameof(BinaryKinds))]
    public void Binary_BroadcastShapes_EqualDefinition(BinaryKind kind)
    {
        (Shape A, Shape B)[] cases =
        [
            ([1], [1]), (Shape.Scalar, Shape.Scalar), ([17], Shape.Scalar),
            (Shape.Scalar, [17]), ([5, 7], [7]), ([5, 7], [5, 1]), ([5, 1], [1, 7]),
            ([3, 1, 5], [4, 1]), ([2, 9, 1030], [1030]), ([2, 9, 1030], [9, 1]),
            ([2, 9, 700], [2, 1, 700]), ([70, 64], [64]), ([700, 64], [700, 1]),
            ([2, 33, 31, 3], [3]), ([2, 33, 31, 3], [2, 1, 1, 3]),
            ([2, 1, 31, 3], [2, 33, 1, 3]), ([40_000], [40_000]), ([2, 3, 4, 5], [3, 1, 5]),
            ([2, 50, 520], [2, 1, 520]), ([2, 50, 520], [50, 520]), ([2, 3, 20, 520], [2, 1, 20, 520]),
        ];
        foreach ((Shape a, Shape b) in cases)
        {
            KernelCheck.Run(new Binary(kind), [a, b], 2e-7, (random, _) => random.Next(-3, 4) + (random.Next(2) * 0.37));
        }
    }

    [Theory]
    [MemberData(nameof(BinaryKinds))]
    public void Binary_SpecialNumbers_EqualDefinition(BinaryKind kind)
    {
        float[] a = [.. Special.SelectMany(x => Special.Select(_ => x))];
        float[] b = [.. Special.SelectMany(_ => Special)];
        if (kind is BinaryKind.Add or BinaryKind.Subtract or BinaryKind.Multiply or BinaryKind.Divide)
        {
            // In double the largest numbers do not overflow.
            a = [.. a.Select(x => float.Abs(x) == float.MaxValue ? 1 : x)];
            b = [.. b.Select(x => float.Abs(x) is float.MaxValue or 1e-40f ? 2 : x)];
        }

        KernelCheck.Run(new Binary(kind), [[a.Length], [b.Length]], [a, b]);
    }

    [Fact]
    public void Broadcast_AnyAxes_EqualsDefinition()
    {
        KernelCheck.Run(new Broadcast([4, 5, 6]), [[5, 1]], 0);
        KernelCheck.Run(new Broadcast([4, 5, 600]), [[4, 1, 600]], 0);
        KernelCheck.Run(new Broadcast([40, 50, 60]), [Shape.Scalar], 0);
        KernelCheck.Run(new Broadcast([7, 1]), [[1, 1]], 0);
    }

    [Fact]
    public void Chain_RandomPrograms_EqualDefinition()
    {
        Shape[] targets = [[1], [3, 700, 3], [2, 5, 1100], [9, 130, 64]];
        for (int seed = 0; seed < 12; seed++)
        {
            Random random = new(seed);
            Shape target = targets[seed % targets.Length];
            Shape[] inputs = [target, .. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Repeating(random, target))];
            ChainStep[] steps = new ChainStep[random.Next(1, 14)];
            for (int s = 0; s < steps.Length; s++)
            {
                int known = inputs.Length + s;
                steps[s] = random.Next(4) switch
                {
                    0 => new ChainStep(new Unary(UnaryKind.HyperbolicTangent), random.Next(known), -1),
                    1 => new ChainStep(new Unary(UnaryKind.Relu), random.Next(known), -1),
                    2 => new ChainStep(new LeakyRelu(0.1), random.Next(known), -1),
                    _ => new ChainStep(new Binary((BinaryKind)random.Next(3)), random.Next(known), random.Next(known)),
                };
            }

            KernelCheck.Run(new ElementwiseChain(target, inputs.Length, steps), inputs, 2e-6, seed: seed);
        }
    }

    private static Shape Repeating(Random random, Shape target)
    {
        int[] lengths = [.. target.Select(length => random.Next(2) == 0 ? 1 : length)];
        return new Shape(lengths.AsSpan(random.Next(lengths.Length)));
    }
}
