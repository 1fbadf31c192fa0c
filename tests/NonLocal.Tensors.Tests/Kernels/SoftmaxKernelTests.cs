using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Tests.Graphs;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public class SoftmaxKernelTests
{
    public static TheoryData<int[], int> Cases => new()
    {
        { [1], 0 }, { [7], 0 }, { [3, 16], 1 }, { [3, 17], 1 }, { [500, 15], 1 },
        { [5, 4000], 1 }, { [2, 5, 3, 4], 1 }, { [2, 70, 17], 1 }, { [33, 16], 0 },
        { [3, 100, 100], 1 }, { [4, 1], 1 }, { [4, 1, 9], 1 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Softmax_AnyAxis_EqualsDefinition(int[] shape, int axis)
    {
        foreach (bool logarithm in new[] { false, true })
        {
            Shape[] one = [new Shape(shape)];
            Shape[] two = [new Shape(shape), new Shape(shape)];
            KernelCheck.Run(new Softmax(axis, logarithm), one, 5e-7, (random, _) => 5 * GradientCheck.Normal(random));
            KernelCheck.Run(
                new SoftmaxGradient(axis, logarithm), two, 1e-6,
                (random, input) => input == 0 ? -random.NextDouble() : random.NextDouble());
        }
    }

    [Fact]
    public void Softmax_LargeLogits_DoNotOverflow()
    {
        float[] x = [.. Enumerable.Range(0, 60).Select(i => 600 * MathF.Sin(i))];
        KernelCheck.Run(new Softmax(1), [[3, 20]], [x], 1e-6);
        KernelCheck.Run(new Softmax(0), [[3, 20]], [x], 1e-6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Softmax_Masked_GivesExactZeros(int axis)
    {
        float[] x =
            [.. Enumerable.Range(0, 20 * 20).Select(i => i / 20 == 4 || i % 20 == 4 || i % 3 == 0 ? float.NegativeInfinity : i % 7)];
        float[] y = KernelCheck.Run(new Softmax(axis), [[20, 20]], [x])[0];
        for (int i = 0; i < y.Length; i++)
        {
            Assert.Equal(float.IsNegativeInfinity(x[i]), y[i] == 0);
        }

        KernelCheck.Run(new Softmax(axis, Logarithm: true), [[20, 20]], [x]);
        float[] gx = KernelCheck.Run(new SoftmaxGradient(axis), [[20, 20], [20, 20]], [y, [.. y.Select((_, i) => MathF.Cos(i))]])[0];
        Assert.All(Enumerable.Range(0, 400).Where(i => float.IsNegativeInfinity(x[i])), i => Assert.Equal(0, gx[i]));
    }

    [Fact]
    public void Softmax_NotFinite_OnlyItsRowIsTouched()
    {
        foreach (float special in new[] { float.NaN, float.PositiveInfinity })
        {
            foreach (float rest in new[] { 1, float.NegativeInfinity })
            {
                float[] x = [.. Enumerable.Range(0, 33 * 33).Select(i => i / 33 == 1 || i % 33 == 7 ? rest : i % 5)];
                x[40] = special;
                foreach (bool logarithm in new[] { false, true })
                {
                    float[] rows = KernelCheck.Run(new Softmax(1, logarithm), [[33, 33]], [x])[0];
                    float[] columns = KernelCheck.Run(new Softmax(0, logarithm), [[33, 33]], [x])[0];
                    Assert.All(Enumerable.Range(0, x.Length), i => Assert.Equal(i / 33 == 1, float.IsNaN(rows[i])));
                    Assert.All(Enumerable.Range(0, x.Length), i => Assert.Equal(i % 33 == 7, float.IsNaN(columns[i])));
                }
            }
        }
    }
}
