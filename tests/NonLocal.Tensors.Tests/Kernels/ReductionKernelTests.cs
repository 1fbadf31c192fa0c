using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public class ReductionKernelTests
{
    public static TheoryData<int[], int[]> Cases => new()
    {
        { [1], [0] }, { [17], [0] }, { [50_000], [0] }, { [3, 33_000], [1] },
        { [33_000, 3], [0] }, { [7, 5], [0] }, { [7, 5], [1] }, { [7, 5], [0, 1] },
        { [301, 16], [0] }, { [301, 15], [0] }, { [301, 17], [0] }, { [1000, 63], [0] },
        { [1000, 64], [0] }, { [1000, 65], [0] }, { [40, 1027], [0] },
        { [40, 1027], [1] }, { [2, 33, 31, 64], [0, 1, 2] }, { [2, 33, 31, 64], [1, 2] },
        { [2, 33, 31, 64], [3] }, { [2, 33, 31, 5], [0, 2] },
        { [4, 3, 5, 7], [1, 3] }, { [4, 1, 5, 1], [1, 3] }, { [4, 1, 5, 1], [1, 2] },
        { [2000, 1], [0] }, { [1, 2000], [0] }, { [2, 3], [] },
        { [3000, 40, 2], [1] }, { [2, 2300, 600], [1] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Reduction_AnyAxes_EqualsDefinition(int[] shape, int[] axes)
    {
        KernelCheck.Run(new Reduction(ReductionKind.Sum, new Shape(axes)), [new Shape(shape)], 2e-7, (random, _) => random.NextDouble());
        KernelCheck.Run(new Reduction(ReductionKind.Maximum, new Shape(axes)), [new Shape(shape)], 0, (random, _) => -random.NextDouble());
    }

    [Theory]
    [InlineData(1_000_000, 1)]
    [InlineData(300_000, 3)]
    [InlineData(20_000, 64)]
    public void Sum_LargeOffset_KeepsSevenDigits(int rows, int columns)
    {
        Random random = new(1);
        float[] x = [.. Enumerable.Range(0, rows * columns).Select(_ => (float)(1000 + random.NextDouble()))];
        float[][] actual = KernelCheck.Run(new Reduction(ReductionKind.Sum, [0]), [[rows, columns]], [x], 1e-7);
        double expected = Enumerable.Range(0, rows).Sum(row => (double)x[row * columns]);
        Assert.InRange(actual[0][0], expected * (1 - 2e-7), expected * (1 + 2e-7));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Reduction_NotFinite_OnlyItsResultIsTouched(int axis)
    {
        foreach (float special in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            foreach (ReductionKind kind in Enum.GetValues<ReductionKind>())
            {
                float[] x = [.. Enumerable.Range(0, 37 * 41).Select(i => i % 7f)];
                x[(5 * 41) + 3] = special;
                KernelCheck.Run(new Reduction(kind, [axis]), [[37, 41]], [x]);
            }
        }
    }

    [Fact]
    public void Maximum_AllMinusInfinity_IsMinusInfinity()
    {
        float[] x = [.. Enumerable.Repeat(float.NegativeInfinity, 60)];
        KernelCheck.Run(new Reduction(ReductionKind.Maximum, [1]), [[3, 20]], [x]);
        KernelCheck.Run(new Reduction(ReductionKind.Maximum, [0]), [[3, 20]], [x]);
    }
}
