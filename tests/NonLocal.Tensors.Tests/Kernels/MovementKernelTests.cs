using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public class MovementKernelTests
{
    [Fact]
    public void Permute_AnyOrder_MovesEveryElement()
    {
        (int[] Shape, int[] Order)[] cases =
        [
            ([7], [0]), ([5, 3], [1, 0]), ([33, 65], [1, 0]), ([2, 3, 4, 5], [0, 3, 1, 2]),
            ([2, 3, 4, 5], [3, 2, 1, 0]), ([2, 17, 31, 33], [0, 2, 3, 1]),
            ([3, 1, 4], [1, 2, 0]), ([1, 1], [1, 0]), ([2, 300, 200], [0, 2, 1]),
            ([6, 5, 4, 3], [0, 2, 1, 3]), ([6, 5, 4, 3, 2], [4, 0, 3, 1, 2]),
            ([100, 1000], [1, 0]),
        ];
        foreach ((int[] shape, int[] order) in cases)
        {
            KernelCheck.Run(new Permute(new Shape(order)), [new Shape(shape)], 0);
        }
    }

    [Fact]
    public void Slice_AnyBox_EqualsDefinition()
    {
        KernelCheck.Run(new Slice([3], [4]), [[9]], 0);
        KernelCheck.Run(new Slice([1, 0, 2], [1, 4, 3]), [[3, 4, 7]], 0);
        KernelCheck.Run(new Slice([0, 2, 0], [3, 1, 7]), [[3, 4, 7]], 0);
        KernelCheck.Run(new Slice([0, 0, 64], [2, 900, 64]), [[2, 900, 192]], 0);
    }

    [Fact]
    public void Pad_AnyBorder_EqualsDefinition()
    {
        KernelCheck.Run(new Pad([3], [0]), [[9]], 0);
        KernelCheck.Run(new Pad([0, 1, 2, 0], [0, 3, 0, 0], -7), [[2, 4, 5, 3]], 0);
        KernelCheck.Run(new Pad([0, 1, 1, 0], [0, 1, 1, 0]), [[2, 33, 40, 17]], 0);
    }

    [Fact]
    public void Concat_AnyAxis_EqualsDefinition()
    {
        KernelCheck.Run(new Concat(0), [[2, 3], [1, 3], [4, 3]], 0);
        KernelCheck.Run(new Concat(2), [[2, 3, 5], [2, 3, 1], [2, 3, 4]], 0);
        KernelCheck.Run(new Concat(1), [[2, 300, 50], [2, 1, 50]], 0);
    }

    [Fact]
    public void GatherAndScatter_NumbersRepeatAndMiss_EqualDefinition()
    {
        foreach (int columns in new[] { 1, 3, 256, 257, 600 })
        {
            KernelCheck.Run(
                new GatherRows(), [[9, columns], [50]], 0, (random, input) => input == 0 ? random.NextDouble() : random.Next(9));
            KernelCheck.Run(
                new ScatterAddRows(9), [[50, columns], [50]], 1e-6,
                (random, input) => input == 0 ? random.NextDouble() : random.Next(-1, 10));
        }

        float[] y = KernelCheck.Run(new GatherRows(), [[2, 1], [5]], [[5, 6], [-1, 2, 0.5f, 1, float.NaN]])[0];
        Assert.Equal([float.NaN, float.NaN, float.NaN, 6, float.NaN], y);
    }
}
