using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public unsafe class MatrixProductTests
{
    // Around the tiles of every width (4, 6, 8, 12, 16, 32), around the cache blocks (256, 512), primes, and 1.
    private static readonly int[] Lengths = [1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 23, 31, 32, 33, 47, 64, 65, 97, 130];
    private static readonly int[] InnerLengths = [1, 2, 3, 4, 5, 7, 16, 27, 64, 255, 256, 257, 300, 513];

    [Fact]
    public void Multiply_RandomShapesAndForms_EqualsPlainLoops()
    {
        Random random = new(1);
        using WorkerPool pool = new(2);
        for (int i = 0; i < 150; i++)
        {
            ProductSizes sizes = new(
                random.Next(4) == 0 ? 3 : 1, Pick(random, Lengths), Pick(random, Lengths), Pick(random, InnerLengths));
            Check(pool, sizes, random);
        }
    }

    [Theory]
    [InlineData(1, 270, 530, 40)] // several tiles each way
    [InlineData(1, 20, 40, 3000)] // the inner length is cut into parts
    [InlineData(2, 9, 10, 5000)] // the same with a narrow output
    [InlineData(1, 1, 1000, 300)] // a single row
    [InlineData(1, 49, 70, 300)] // rows that fill panels of ten better than those of twelve
    [InlineData(2, 203, 1, 75)] // a single column
    [InlineData(1, 1100, 10, 60)] // a narrow output in several parts
    [InlineData(1, 40, 50, 0)] // nothing to sum
    public void Multiply_EveryRoute_EqualsPlainLoops(int batch, int rows, int columns, int inner)
    {
        Random random = new(2);
        using WorkerPool pool = new(2);
        for (int i = 0; i < 2; i++)
        {
            Check(pool, new ProductSizes(batch, rows, columns, inner), random);
        }
    }

    [Theory]
    [InlineData(1, 300, 200, 100)]
    [InlineData(1, 30, 50, 9000)]
    [InlineData(5, 40, 16, 70)]
    [InlineData(1, 3, 900, 400)]
    public void Multiply_AnyNumberOfThreads_SameBits(int batch, int rows, int columns, int inner)
    {
        uint[]? first = null;
        foreach (int threads in new[] { 1, 2, 3, 8 })
        {
            using WorkerPool pool = new(threads);
            using ProductCase product = new(new ProductSizes(batch, rows, columns, inner), new Random(3));
            product.Run(pool);
            uint[] bits = product.Output.ToBits();
            first ??= bits;
            Assert.Equal(first, bits);
        }
    }

    [Fact]
    public void Multiply_NotANumber_StaysInItsRowThroughRelu()
    {
        using WorkerPool pool = new(1);
        using ProductCase product = new(new ProductSizes(1, 40, 40, 20), new Random(4), relu: true);
        product.Left[0, 7, 3] = float.NaN;
        product.Run(pool);
        product.Output.ForEach((b, i, j) => Assert.Equal(i == 7, float.IsNaN(product.Output[b, i, j])));
    }

    private static int Pick(Random random, int[] from) => from[random.Next(from.Length)];

    private static void Check(WorkerPool pool, ProductSizes sizes, Random random)
    {
        using ProductCase product = new(sizes, random, relu: random.Next(2) == 0);
        double[,,] expected = product.Expected();
        product.Run(pool);
        double error = product.Output.RelativeErrorTo(expected);
        Assert.True(error < 2e-6, $"{product}: error {error:E2}");
        product.Output.AssertGapsUntouched();
    }
}
