using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public class SymmetricProductTests
{
    // One part of the inner length and two, a last stripe of few rows, columns that fill no panel, stripes wider than a task, a batch.
    [Theory]
    [InlineData(1, 192, 200)]
    [InlineData(1, 203, 2100)]
    [InlineData(2, 290, 300)]
    [InlineData(1, 620, 640)]
    public unsafe void Run_RandomTables_EqualsTheDefinitionForAnyNumberOfThreads(int batch, int columns, int rows)
    {
        float[] table = RandomNumbers(batch * rows * columns);
        using GuardedScratch output = new((long)batch * columns * columns);
        float[]? first = null;
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            using WorkerPool pool = new(threads);
            using GuardedScratch scratch = new(SymmetricProduct.ScratchFloats(columns, rows, threads));
            fixed (float* x = table)
            {
                SymmetricProduct.Run(pool, batch, columns, rows, x, output.Address, scratch.Address);
            }

            scratch.AssertGuardUntouched();
            output.AssertGuardUntouched();
            float[] now = new ReadOnlySpan<float>(output.Address, batch * columns * columns).ToArray();
            first ??= now;
            Assert.Equal(first, now);
        }

        double tolerance = 2e-6 * rows;
        for (int b = 0; b < batch; b++)
        {
            for (int i = 0; i < columns; i += 7)
            {
                for (int j = 0; j < columns; j += 5)
                {
                    double sum = Enumerable.Range(b * rows, rows).Sum(k => (double)table[(k * columns) + i] * table[(k * columns) + j]);
                    Assert.Equal(sum, first![(((b * columns) + i) * columns) + j], tolerance);
                }
            }

            ReadOnlySpan<float> square = first.AsSpan(b * columns * columns, columns * columns);
            for (int k = 0; k < square.Length; k++)
            {
                Assert.True(square[k] == square[(k % columns * columns) + (k / columns)], $"element {k} of square {b}");
            }
        }
    }

    [Fact]
    public void Compile_ATableWithItself_CountsHalfOfTheProducts()
    {
        Graph graph = new();
        Value x = graph.Input("x", [1, 400, 200]);
        Value other = graph.Input("y", [1, 400, 200]);
        Assert.Equal(400 * 200 * 100, Program.Compile(graph, [x.MatMul(x, transposeLeft: true)]).MultiplyAdds);
        Assert.Equal(400 * 200 * 200, Program.Compile(graph, [x.MatMul(other, transposeLeft: true)]).MultiplyAdds);
    }

    private static float[] RandomNumbers(int count)
    {
        Random random = new(1);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }
}
