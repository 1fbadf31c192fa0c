using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public class PoolKernelTests
{
    public static TheoryData<int[], int[], int[], int[], int[], bool> Windows => new()
    {
        { [2, 9, 3], [3], [2], [1], [1], false }, { [2, 10, 3], [3], [2], [0], [1], true },
        { [1, 7, 8, 16], [3, 3], [2, 2], [1, 1], [1, 1], false },
        { [1, 7, 8, 17], [3, 2], [1, 3], [1, 0], [1, 1], true }, { [2, 9, 9, 15], [3, 3], [1, 1], [1, 1], [2, 2], false },
        { [2, 4, 5, 6, 33], [2, 2, 2], [2, 2, 2], [1, 1, 1], [1, 1, 1], false },
        { [1, 3, 5, 7, 5], [1, 2, 2], [1, 2, 2], [0, 0, 0], [1, 1, 1], true },
        { [2, 40, 40, 20], [3, 3], [2, 2], [1, 1], [1, 1], false }, { [1, 1, 1, 1], [1, 1], [1, 1], [0, 0], [1, 1], false },
        { [1, 9, 9, 4], [2, 2], [3, 3], [0, 0], [1, 1], false }, { [1, 12, 12, 40], [12, 12], [1, 1], [0, 0], [1, 1], false },
    };

    [Theory]
    [MemberData(nameof(Windows))]
    public void MaxPool_AnyWindow_EqualsDefinition(int[] map, int[] kernel, int[] stride, int[] padding, int[] dilation, bool ceiling)
    {
        ConvolutionGeometry window = ConvolutionGeometry.Create(
            new Shape(kernel), new Shape(stride), new Shape(padding), new Shape(dilation));
        MaxPool operation = new(window, ceiling);

        // Few different numbers, so that there are ties.
        float[][] outputs = KernelCheck.Run(operation, [new Shape(map)], Inputs(map, random => random.Next(-6, -1)), 0);
        Shape output = operation.InferShapes([new Shape(map)])[0];
        float[] g = [.. Enumerable.Range(0, outputs[0].Length).Select(i => MathF.Sin(i))];
        KernelCheck.Run(new MaxPoolGradient(window, new Shape(map)), [output, output], [g, outputs[1]], 2e-7);
    }

    [Theory]
    [MemberData(nameof(Windows))]
    public void AveragePool_AnyWindow_EqualsDefinition(int[] map, int[] kernel, int[] stride, int[] padding, int[] dilation, bool ceiling)
    {
        if (dilation[0] > 1)
        {
            return;
        }

        ConvolutionGeometry window = ConvolutionGeometry.Create(new Shape(kernel), new Shape(stride), new Shape(padding));
        foreach (bool countPadding in new[] { false, true })
        {
            AveragePool operation = new(window, ceiling, countPadding);
            KernelCheck.Run(operation, [new Shape(map)], 3e-7);
            KernelCheck.Run(new ResamplingGradient(operation, new Shape(map)), operation.InferShapes([new Shape(map)]), 3e-7);
        }
    }

    [Fact]
    public void MaxPool_NotFiniteNumbers_FollowTheRules()
    {
        ConvolutionGeometry window = ConvolutionGeometry.Create([3], [1], [1]);
        foreach (int channels in new[] { 1, 16, 19 })
        {
            float[] column =
                [float.NegativeInfinity, float.NegativeInfinity, 1, float.NaN, 2, float.PositiveInfinity, float.NegativeInfinity, -3];
            float[] x = [.. column.SelectMany(value => Enumerable.Repeat(value, channels))];
            float[][] y = KernelCheck.Run(new MaxPool(window), [[1, 8, channels]], [x]);
            float[] expected =
                [float.NegativeInfinity, 1, float.NaN, float.NaN, float.NaN, float.PositiveInfinity, float.PositiveInfinity, -3];
            Assert.Equal(expected, y[0].Where((_, i) => i % channels == 0));
            Assert.Equal([0, 2, 3, 3, 3, 5, 5, 7], y[1].Where((_, i) => i % channels == 0));
        }
    }

    [Fact]
    public void Adaptive_AnyBins_EqualsDefinition()
    {
        (int[] Map, int[] Bins)[] cases =
        [
            ([2, 11, 3], [4]), ([2, 5, 7, 3], [3, 3]), ([2, 7, 5, 2], [8, 8]),
            ([1, 3, 5, 4, 18], [2, 2, 2]), ([2, 30, 31, 130], [1, 1]), ([1, 60, 60, 40], [6, 6]),
        ];
        foreach ((int[] map, int[] bins) in cases)
        {
            AdaptiveAveragePool operation = new(new Shape(bins));
            KernelCheck.Run(operation, [new Shape(map)], 3e-7);
            KernelCheck.Run(new ResamplingGradient(operation, new Shape(map)), operation.InferShapes([new Shape(map)]), 3e-7);
        }
    }

    [Fact]
    public void Resize_AnySize_EqualsDefinition()
    {
        (int[] Map, int[] Positions)[] cases =
        [
            ([2, 5, 3], [9]), ([1, 3, 4, 1], [24, 32]), ([2, 9, 7, 20], [4, 3]),
            ([1, 1, 1, 3], [4, 5]), ([2, 5, 6, 33], [1, 1]), ([1, 2, 3, 4, 5], [5, 3, 7]),
            ([1, 15, 15, 64], [30, 30]),
        ];
        foreach ((int[] map, int[] positions) in cases)
        {
            Resize[] operations =
            [
                new(new Shape(positions), ResizeKind.Nearest), new(new Shape(positions), ResizeKind.Linear),
                new(new Shape(positions), ResizeKind.Linear, AlignCorners: true),
            ];
            foreach (Resize operation in operations)
            {
                KernelCheck.Run(operation, [new Shape(map)], 3e-7);
                KernelCheck.Run(new ResamplingGradient(operation, new Shape(map)), operation.InferShapes([new Shape(map)]), 3e-7);
            }
        }
    }

    private static float[][] Inputs(int[] map, Func<Random, float> sample)
    {
        Random random = new(1);
        return [[.. Enumerable.Range(0, (int)new Shape(map).Count).Select(_ => sample(random))]];
    }
}
