using NonLocal.Tensors.Kernels;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public sealed unsafe class AttentionSoftmaxTests
{
    /// <summary>
    /// Batch, queries, keys, key width, value width: single rows, primes, tile sizes and their neighbours, several groups of tiles.
    /// </summary>
    public static TheoryData<int, int, int, int, int> Shapes => new()
    {
        { 1, 1, 1, 1, 1 },
        { 2, 1, 5, 3, 2 },
        { 1, 7, 1, 4, 9 },
        { 3, 13, 17, 1, 1 },
        { 2, 31, 33, 5, 1 },
        { 1, 32, 191, 16, 12 },
        { 1, 33, 192, 17, 13 },
        { 2, 129, 193, 8, 33 },
        { 1, 257, 389, 12, 24 },
        { 40, 5, 7, 6, 4 },
        { 1, 6, 611, 601, 599 },
        { 3, 40, 200, 90, 20 },
        { 30, 70, 90, 6, 70 },
        { 24, 130, 216, 5, 64 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_RandomInput_EqualsLiteralLoops(int batch, int queries, int keys, int keyWidth, int valueWidth)
    {
        foreach (bool withBias in (bool[])[false, true])
        {
            using AttentionCase test = new(new AttentionSize(batch, queries, keys, keyWidth, valueWidth), seed: 1, withBias);
            test.Forward(threads: 2);
            (double[,,] map, double[,] logSums) = test.Map();
            Assert.InRange(test.Y.RelativeErrorTo(test.ExpectedY(map)), 0, 5e-6);
            test.Y.AssertGapsUntouched();
            for (int i = 0; i < batch * queries; i++)
            {
                double expected = logSums[i / queries, i % queries];
                Assert.InRange(test.LogSums.Address[i] - expected, -1e-5 * (1 + Math.Abs(expected)), 1e-5 * (1 + Math.Abs(expected)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Backward_RandomInput_EqualsLiteralLoops(int batch, int queries, int keys, int keyWidth, int valueWidth)
    {
        foreach (bool withBias in (bool[])[false, true])
        {
            float scale = 1f / MathF.Sqrt(keyWidth);
            using AttentionCase test = new(new AttentionSize(batch, queries, keys, keyWidth, valueWidth), seed: 7, withBias, scale);
            test.Forward(threads: 2);
            test.Backward(threads: 2);
            (double[,,] dq, double[,,] dk, double[,,] dv, double[,,] bias) = test.ExpectedGradients(test.Map().Map);

            // With one key the weights are constant and these gradients are rounding noise around 0.
            if (keys > 1)
            {
                Assert.InRange(test.DQ.RelativeErrorTo(dq), 0, 1e-5);
                Assert.InRange(test.DK.RelativeErrorTo(dk), 0, 1e-5);
                Assert.True(!withBias || RelativeError(test.DBias.Address, bias) < 1e-5);
            }

            Assert.InRange(test.DV.RelativeErrorTo(dv), 0, 5e-6);
            foreach (GuardedTable table in (GuardedTable[])[test.DQ, test.DK, test.DV])
            {
                table.AssertGapsUntouched();
            }
        }
    }

    [Fact]
    public void Forward_ValuesFarApart_SameBitsAsNear()
    {
        AttentionSize size = new(2, 41, 40, 9, 75);
        using AttentionCase near = new(size, seed: 5);
        using AttentionCase far = new(size, seed: 5, valueGap: 8000);
        near.Forward(threads: 2);
        far.Forward(threads: 2);
        Assert.Equal(near.Y.ToBits(), far.Y.ToBits());
    }

    [Fact]
    public void ForwardAndBackward_AnyNumberOfThreads_SameBits()
    {
        uint[]? expected = null;
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            using AttentionCase test = new(new AttentionSize(2, 150, 900, 33, 21), seed: 2);
            test.Forward(threads);
            test.Backward(threads);
            uint[] bits = [.. test.Y.ToBits(), .. test.DQ.ToBits(), .. test.DK.ToBits(), .. test.DV.ToBits()];
            expected ??= bits;
            Assert.Equal(expected, bits);
        }
    }

    [Fact]
    public void Backward_QueryGradientInTheMemoryOfTheResult_SameBits()
    {
        AttentionSize size = new(2, 210, 2000, 9, 9);
        using AttentionCase separate = new(size, seed: 10);
        separate.Forward(threads: 2);
        separate.Backward(threads: 2);
        using AttentionCase shared = new(size, seed: 10);
        shared.Forward(threads: 2);
        shared.Backward(threads: 2, dq: shared.Y);
        Assert.Equal(separate.DQ.ToBits(), shared.Y.ToBits());
        Assert.Equal(separate.DK.ToBits(), shared.DK.ToBits());
    }

    [Fact]
    public void Backward_SomeRowsMasked_TheirGradientsAreZero()
    {
        using AttentionCase test = new(new AttentionSize(2, 9, 200, 6, 5), seed: 8, withBias: true);
        new Span<float>(test.Bias.Address, 200).Fill(float.NegativeInfinity);
        test.Forward(threads: 1);
        test.Backward(threads: 1);
        test.DQ.ForEach((b, r, c) => Assert.Equal(b == 0, test.DQ[b, r, c] == 0));
        test.DK.ForEach((b, r, c) => Assert.Equal(b == 0, test.DK[b, r, c] == 0));
        test.DV.ForEach((b, r, c) => Assert.Equal(b == 0, test.DV[b, r, c] == 0));
    }

    [Fact]
    public void Backward_HugeScores_EqualsLiteralLoops()
    {
        using AttentionCase test = new(new AttentionSize(1, 50, 400, 2, 7), seed: 9, scale: 1e4f);
        test.RoundQueriesAndKeys();
        test.Forward(threads: 1);
        test.Backward(threads: 1);
        (_, _, double[,,] dv, _) = test.ExpectedGradients(test.Map().Map);

        // A row's log-sum is rounded to about 1e-7 of 1e4.
        Assert.InRange(test.DV.RelativeErrorTo(dv), 0, 1e-3);
    }

    [Theory]
    [InlineData(1e4f)]
    [InlineData(-1e4f)]
    public void Forward_HugeScores_StaysFiniteAndExact(float scale)
    {
        using AttentionCase test = new(new AttentionSize(1, 50, 400, 2, 7), seed: 3, scale: scale);
        test.RoundQueriesAndKeys();
        test.Forward(threads: 1);
        Assert.InRange(test.Y.RelativeErrorTo(test.ExpectedY(test.Map().Map)), 0, 2e-6);
    }

    [Fact]
    public void Forward_AllKeysMasked_GivesZero()
    {
        using AttentionCase test = new(new AttentionSize(2, 9, 500, 6, 5), seed: 4, withBias: true);
        new Span<float>(test.Bias.Address, 500).Fill(float.NegativeInfinity);
        test.Forward(threads: 1);
        test.Y.ForEach((b, r, c) => Assert.Equal(b == 0, test.Y[b, r, c] == 0));
        Assert.Equal(float.NegativeInfinity, test.LogSums.Address[3]);
    }

    [Fact]
    public void Forward_FirstTilesMasked_EqualsLiteralLoops()
    {
        using AttentionCase test = new(new AttentionSize(1, 9, 700, 600, 590), seed: 5, withBias: true, scale: 0.02f);
        new Span<float>(test.Bias.Address, 650).Fill(float.NegativeInfinity);
        test.Forward(threads: 1);
        Assert.InRange(test.Y.RelativeErrorTo(test.ExpectedY(test.Map().Map)), 0, 2e-6);
    }

    [Fact]
    public void Forward_QueryNaN_OnlyItsRowIsNaN()
    {
        using AttentionCase test = new(new AttentionSize(1, 40, 300, 6, 5), seed: 6);
        test.Q[0, 33, 2] = float.NaN;
        test.Forward(threads: 1);
        test.Y.ForEach((b, r, c) => Assert.Equal(r == 33, float.IsNaN(test.Y[b, r, c])));
    }

    private static double RelativeError(float* actual, double[,,] expected)
    {
        double difference = 0;
        double size = 0;
        int i = 0;
        foreach (double value in expected)
        {
            difference += Math.Pow(actual[i++] - value, 2);
            size += value * value;
        }

        return Math.Sqrt(difference / size);
    }
}
