using NonLocal.Tensors.Kernels;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public unsafe class VectorMathTests
{
    [Fact]
    public void Exp_WholeRange_WithinTwoUnitsInTheLastPlace()
    {
        for (float x = -86; x < 88.7f; x += 0.00713f)
        {
            AssertClose(Math.Exp(x), Apply(x, &Exp512, &Exp256, &Exp128), 2);
        }
    }

    [Theory]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(float.NegativeInfinity, 0)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(-200, 0)]
    [InlineData(89, float.PositiveInfinity)]
    [InlineData(0, 1)]
    public void Exp_EndsOfTheRange_AreExact(float x, float expected) => Assert.Equal(expected, Apply(x, &Exp512, &Exp256, &Exp128));

    [Fact]
    public void ExpOfNonPositive_WholeRange_WithinTwoUnitsInTheLastPlace()
    {
        for (float x = -87.3f; x <= 1; x += 0.00713f)
        {
            AssertClose(Math.Exp(x), Apply(x, &Below512, &Below256, &Below128), 2);
        }
    }

    [Theory]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(float.NegativeInfinity, 0)]
    [InlineData(float.MinValue, 0)]
    [InlineData(-12345.6f, 0)]
    [InlineData(-87.34f, 0)]
    [InlineData(0, 1)]
    public void ExpOfNonPositive_EndsOfTheRange_AreExact(float x, float expected) =>
        Assert.Equal(expected, Apply(x, &Below512, &Below256, &Below128));

    [Fact]
    public void PowerOfTwoOfNonPositive_WholeRange_WithinTwoUnitsInTheLastPlace()
    {
        for (float x = -125.9f; x <= 1; x += 0.00713f)
        {
            AssertClose(Math.Pow(2, x), Apply(x, &Power512, &Power256, &Power128), 2);
        }
    }

    [Theory]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(float.NegativeInfinity, 0)]
    [InlineData(float.MinValue, 0)]
    [InlineData(-12345.6f, 0)]
    [InlineData(-126.01f, 0)]
    [InlineData(-3, 0.125f)]
    [InlineData(0, 1)]
    public void PowerOfTwoOfNonPositive_EndsOfTheRange_AreExact(float x, float expected) =>
        Assert.Equal(expected, Apply(x, &Power512, &Power256, &Power128));

    [Fact]
    public void Sigmoid_WholeRange_WithinFourUnitsInTheLastPlace()
    {
        for (float x = -80; x < 80; x += 0.0317f)
        {
            AssertClose(1 / (1 + Math.Exp(-(double)x)), Apply(x, &Sigmoid512, &Sigmoid256, &Sigmoid128), 4);
        }
    }

    private static Simd512 Exp512(Simd512 x) => VectorMath.Exp(x);

    private static Simd256 Exp256(Simd256 x) => VectorMath.Exp(x);

    private static Simd128 Exp128(Simd128 x) => VectorMath.Exp(x);

    private static Simd512 Below512(Simd512 x) => VectorMath.ExpOfNonPositive(x);

    private static Simd256 Below256(Simd256 x) => VectorMath.ExpOfNonPositive(x);

    private static Simd128 Below128(Simd128 x) => VectorMath.ExpOfNonPositive(x);

    private static Simd512 Power512(Simd512 x) => VectorMath.PowerOfTwoOfNonPositive(x);

    private static Simd256 Power256(Simd256 x) => VectorMath.PowerOfTwoOfNonPositive(x);

    private static Simd128 Power128(Simd128 x) => VectorMath.PowerOfTwoOfNonPositive(x);

    private static Simd512 Sigmoid512(Simd512 x) => VectorMath.Sigmoid(x);

    private static Simd256 Sigmoid256(Simd256 x) => VectorMath.Sigmoid(x);

    private static Simd128 Sigmoid128(Simd128 x) => VectorMath.Sigmoid(x);

    // The first lane at the width of this process.
    private static float Apply(
        float x, delegate*<Simd512, Simd512> f512, delegate*<Simd256, Simd256> f256, delegate*<Simd128, Simd128> f128)
    {
        float* result = stackalloc float[16];
        if (SimdWidth.Is512)
        {
            Simd512.Store(f512(Simd512.Broadcast(x)), result);
        }
        else if (SimdWidth.Is256)
        {
            Simd256.Store(f256(Simd256.Broadcast(x)), result);
        }
        else
        {
            Simd128.Store(f128(Simd128.Broadcast(x)), result);
        }

        return result[0];
    }

    private static void AssertClose(double expected, float actual, double units)
    {
        double unit = Math.Max(MathF.BitIncrement((float)expected) - (float)expected, float.Epsilon);
        Assert.True(
            Math.Abs(actual - expected) <= units * unit,
            $"{actual:R} instead of {expected:R}: {Math.Abs(actual - expected) / unit:F2} units.");
    }
}
