using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Tests.Graphs;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public class NormalizationKernelTests
{
    public static TheoryData<int[], int> Cases => new()
    {
        { [1, 40, 5], 5 }, { [1, 7, 1], 1 }, { [1, 2000, 3], 3 }, { [1, 1100, 31], 31 },
        { [1, 1100, 32], 32 }, { [1, 1100, 33], 33 }, { [1, 700, 67], 67 },
        { [3, 5, 6, 6], 2 }, { [2, 600, 12], 4 }, { [2, 600, 12], 1 }, { [4, 90, 7], 7 },
        { [2, 130, 64], 8 }, { [5, 6], 1 }, { [3, 17], 1 }, { [300, 130], 1 },
        { [2, 3000], 1 }, { [6, 9], 3 }, { [70, 600], 1 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Normalization_AnySize_EqualsDefinition(int[] map, int groups)
    {
        for (int affine = 0; affine <= 2; affine++)
        {
            Shape[] shapes = [new Shape(map), .. Enumerable.Repeat(new Shape(map[^1]), affine)];
            KernelCheck.Run(new Normalization(groups, 1e-5), shapes, 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void NormalizationGradient_AnySize_EqualsDefinition(int[] map, int groups)
    {
        for (int affine = 0; affine <= 1; affine++)
        {
            Shape statistics = [map[0], groups];
            Shape[] shapes = [new Shape(map), new Shape(map), statistics, statistics, .. Enumerable.Repeat(new Shape(map[^1]), affine)];
            KernelCheck.Run(new NormalizationGradient(groups, 1e-5), shapes, 2e-6, (random, input) => Sample(random, input));
        }

        static double Sample(Random random, int input) => input == 3 ? 0.5 + random.NextDouble() : GradientCheck.Normal(random);
    }

    [Theory]
    [InlineData(100_000, 1)]
    [InlineData(30_000, 4)]
    public void BatchNorm_MeanFarAboveDeviation_KeepsVariance(int rows, int channels)
    {
        // E[x²] − E[x]² in float would give noise here: the mean is a thousand deviations.
        Random random = new(1);
        float[] x = [.. Enumerable.Range(0, rows * channels).Select(_ => 1024 + (float)GradientCheck.Normal(random))];
        float[][] actual = KernelCheck.Run(new Normalization(channels, 0), [[1, rows, channels]], [x], 2e-4);
        Assert.All(actual[2], variance => Assert.InRange(variance, 0.95f, 1.05f));
    }

    [Fact]
    public void BatchNorm_OneRow_GivesTheShift() =>
        KernelCheck.Run(new Normalization(5, 1e-5), [[1, 1, 5], [5], [5]]);

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Normalization_NotFinite_OnlyItsGroupIsTouched(float special)
    {
        float[] x = [.. Enumerable.Range(0, 2 * 30 * 6).Select(i => i % 7f)];
        x[100] = special;
        float[] y = KernelCheck.Run(new Normalization(3, 1e-5), [[2, 30, 6]], [[.. x.Select(v => float.IsFinite(v) ? v : 0)]])[0];
        Assert.All(y, value => Assert.True(float.IsFinite(value)));
        float[] touched = KernelCheck.Run(new Normalization(3, 1e-5), [[2, 30, 6]], [x])[0];
        for (int i = 0; i < touched.Length; i++)
        {
            Assert.Equal(i / 180 == 0 && i % 6 / 2 == 2, float.IsNaN(touched[i]));
        }
    }
}
