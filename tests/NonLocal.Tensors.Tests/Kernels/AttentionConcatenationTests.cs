using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public sealed unsafe class AttentionConcatenationTests
{
    public static TheoryData<int, int, int, int> Shapes => new()
    {
        { 1, 1, 1, 1 }, { 2, 1, 7, 3 }, { 1, 13, 1, 8 }, { 3, 17, 23, 5 }, { 1, 64, 64, 31 }, { 2, 97, 41, 32 }, { 1, 50, 61, 33 },
        { 1, 128, 257, 100 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_RandomInput_EqualsLiteralLoops(int batch, int queries, int keys, int channels)
    {
        using Case test = new(batch, queries, keys, channels, seed: 1);
        test.Run(new WorkerPool(1));
        Assert.InRange(test.Y.RelativeErrorTo(test.ExpectedY()), 0, 1e-6);
        test.AssertNothingElseTouched();
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Backward_RandomInput_EqualsLiteralLoops(int batch, int queries, int keys, int channels)
    {
        using Case test = new(batch, queries, keys, channels, seed: 2);
        test.Run(new WorkerPool(2));
        (double[,,] da, double[,,] db, double[,,] dg) = test.ExpectedGradients();
        Assert.InRange(test.DA.RelativeErrorTo(da), 0, 1e-6);
        Assert.InRange(test.DB.RelativeErrorTo(db), 0, 1e-6);
        Assert.InRange(test.DG.RelativeErrorTo(dg), 0, 1e-6);
    }

    [Fact]
    public void Forward_LargeCommonOffset_LosesNoDigits()
    {
        using Case test = new(1, 300, 280, 9, seed: 3);
        test.A.ForEach((b, r, c) => test.A[b, r, c] -= 1000);
        test.B.ForEach((b, r, c) => test.B[b, r, c] += 1000);
        test.Run(new WorkerPool(1));
        Assert.InRange(test.Y.RelativeErrorTo(test.ExpectedY()), 0, 1e-6);
    }

    [Fact]
    public void Forward_TiesAndZeros_EqualsLiteralLoops()
    {
        using Case test = new(1, 60, 55, 4, seed: 4);
        test.A.ForEach((b, r, c) => test.A[b, r, c] = (r % 5) switch { 0 => 0f, 1 => -0f, 2 => 1f, 3 => -1f, _ => 1e-40f });
        test.B.ForEach((b, r, c) => test.B[b, r, c] = (r % 4) switch { 0 => -0f, 1 => 1f, 2 => -1f, _ => -1e-40f });
        test.Run(new WorkerPool(1));
        (double[,,] da, double[,,] db, double[,,] dg) = test.ExpectedGradients();
        Assert.InRange(test.Y.RelativeErrorTo(test.ExpectedY()), 0, 1e-6);
        Assert.InRange(test.DA.RelativeErrorTo(da), 0, 1e-6);
        Assert.InRange(test.DB.RelativeErrorTo(db), 0, 1e-6);
        Assert.InRange(test.DG.RelativeErrorTo(dg), 0, 1e-6);
    }

    [Fact]
    public void Backward_AllSumsZero_DerivativeIsZero()
    {
        using Case test = new(1, 6, 5, 3, seed: 5);
        test.A.ForEach((b, r, c) => test.A[b, r, c] = 2);
        test.B.ForEach((b, r, c) => test.B[b, r, c] = -2);
        test.Run(new WorkerPool(1));
        test.DA.ForEach((b, r, c) => Assert.Equal(0f, test.DA[b, r, c]));
        test.DG.ForEach((b, r, c) => Assert.Equal(0f, test.DG[b, r, c]));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Forward_QueryNotFinite_OnlyItsRowIsNaN(float value)
    {
        using Case test = new(2, 9, 11, 10, seed: 6);
        test.A[1, 3, 0] = value;
        test.Run(new WorkerPool(1));
        test.Y.ForEach((b, r, c) => Assert.Equal(b == 1 && r == 3, float.IsNaN(test.Y[b, r, c])));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Forward_KeyNotFinite_ItsWholeMapIsNaN(float value)
    {
        using Case test = new(2, 9, 11, 10, seed: 7);
        test.B[0, 10, 0] = value;
        test.Run(new WorkerPool(1));
        test.Y.ForEach((b, r, c) => Assert.Equal(b == 0, float.IsNaN(test.Y[b, r, c])));
        test.DA.ForEach((b, r, c) => Assert.Equal(b == 0, float.IsNaN(test.DA[b, r, c])));
    }

    [Fact]
    public void Forward_ValueNaN_ItsChannelIsNaN()
    {
        using Case test = new(1, 9, 11, 40, seed: 8);
        test.G[0, 4, 37] = float.NaN;
        test.Run(new WorkerPool(1));
        test.Y.ForEach((b, r, c) => Assert.Equal(c == 37, float.IsNaN(test.Y[b, r, c])));
    }

    [Fact]
    public void ForwardAndBackward_AnyNumberOfThreads_SameBits()
    {
        uint[]? expected = null;
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            using Case test = new(2, 150, 131, 70, seed: 9);
            using WorkerPool pool = new(threads);
            test.Run(pool);
            uint[] bits = [.. test.Y.ToBits(), .. test.DA.ToBits(), .. test.DB.ToBits(), .. test.DG.ToBits()];
            expected ??= bits;
            Assert.Equal(expected, bits);
        }
    }

    private sealed class Case : IDisposable
    {
        private readonly ConcatenationSize size;
        private readonly GuardedTable dy;

        public Case(int batch, int queries, int keys, int channels, int seed)
        {
            Random random = new(seed);
            size = new ConcatenationSize(batch, queries, keys, channels);
            A = GuardedTable.Random(random, batch, queries, 1, 2);
            B = GuardedTable.Random(random, batch, keys, 1, 0);
            G = GuardedTable.Random(random, batch, keys, channels, 5);
            dy = GuardedTable.Random(random, batch, queries, channels, 1);
            Y = new GuardedTable(batch, queries, channels, 3);
            DA = new GuardedTable(batch, queries, 1, 1);
            DB = new GuardedTable(batch, keys, 1, 4);
            DG = new GuardedTable(batch, keys, channels, 2);
        }

        public GuardedTable A { get; }

        public GuardedTable B { get; }

        public GuardedTable G { get; }

        public GuardedTable Y { get; }

        public GuardedTable DA { get; }

        public GuardedTable DB { get; }

        public GuardedTable DG { get; }

        public void Run(WorkerPool pool)
        {
            using GuardedScratch forward = new(AttentionConcatenation.ForwardScratch(size));
            AttentionConcatenation.Forward(pool, size, A.View, B.View, G.View, Y.View, forward.Address);
            forward.AssertGuardUntouched();
            using GuardedScratch backward = new(AttentionConcatenation.BackwardScratch(size));
            AttentionConcatenation.Backward(
                pool, size, A.View, B.View, G.View, dy.View, DA.View, DB.View, DG.View, backward.Address);
            backward.AssertGuardUntouched();
            pool.Dispose();
        }

        public double[,,] ExpectedY()
        {
            double[,,] y = new double[size.Batch, size.Queries, size.Channels];
            G.ForEach((n, j, c) =>
            {
                for (int i = 0; i < size.Queries; i++)
                {
                    y[n, i, c] += Math.Max((double)A[n, i, 0] + B[n, j, 0], 0) * G[n, j, c] / size.Keys;
                }
            });
            return y;
        }

        public (double[,,] DA, double[,,] DB, double[,,] DG) ExpectedGradients()
        {
            double[,,] da = new double[size.Batch, size.Queries, 1];
            double[,,] db = new double[size.Batch, size.Keys, 1];
            double[,,] dg = new double[size.Batch, size.Keys, size.Channels];
            G.ForEach((n, j, c) =>
            {
                for (int i = 0; i < size.Queries; i++)
                {
                    double sum = (double)A[n, i, 0] + B[n, j, 0];
                    double slope = sum > 0 ? (double)G[n, j, c] * dy[n, i, c] / size.Keys : 0;
                    da[n, i, 0] += slope;
                    db[n, j, 0] += slope;
                    dg[n, j, c] += Math.Max(sum, 0) * dy[n, i, c] / size.Keys;
                }
            });
            return (da, db, dg);
        }

        public void AssertNothingElseTouched()
        {
            foreach (GuardedTable table in (GuardedTable[])[A, B, G, dy, Y, DA, DB, DG])
            {
                table.AssertGapsUntouched();
            }
        }

        public void Dispose()
        {
            foreach (GuardedTable table in (GuardedTable[])[A, B, G, dy, Y, DA, DB, DG])
            {
                table.Dispose();
            }
        }
    }
}
