using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Kernels;

/// <summary>A softmax attention with random operands in guarded memory, and its literal loops in double.</summary>
internal sealed unsafe class AttentionCase : IDisposable
{
    private readonly AttentionSize size;
    private readonly bool withBias;
    private readonly float scale;

    public AttentionCase(AttentionSize size, int seed, bool withBias = false, float scale = 0.7f, double spread = 1, int valueGap = 2)
    {
        Random random = new(seed);
        this.size = size;
        this.withBias = withBias;
        this.scale = scale;
        Q = GuardedTable.Random(random, size.Batch, size.Queries, size.KeyWidth, 3, spread);
        K = GuardedTable.Random(random, size.Batch, size.Keys, size.KeyWidth, 1, spread);
        V = GuardedTable.Random(random, size.Batch, size.Keys, size.ValueWidth, valueGap);
        Bias = new GuardedScratch((long)size.Batch * size.Keys);
        for (int i = 0; i < size.Batch * size.Keys; i++)
        {
            Bias.Address[i] = (float)random.NextDouble() - 0.5f;
        }

        DY = GuardedTable.Random(random, size.Batch, size.Queries, size.ValueWidth, 0);
        Y = new GuardedTable(size.Batch, size.Queries, size.ValueWidth, 5);
        LogSums = new GuardedScratch((long)size.Batch * size.Queries);
        DQ = new GuardedTable(size.Batch, size.Queries, size.KeyWidth, 2);
        DK = new GuardedTable(size.Batch, size.Keys, size.KeyWidth, 4);
        DV = new GuardedTable(size.Batch, size.Keys, size.ValueWidth, 1);
        DBias = new GuardedScratch((long)size.Batch * size.Keys);
    }

    public GuardedTable Q { get; }

    public GuardedTable K { get; }

    public GuardedTable V { get; }

    public GuardedScratch Bias { get; }

    public GuardedTable DY { get; }

    public GuardedTable Y { get; }

    public GuardedScratch LogSums { get; }

    public GuardedTable DQ { get; }

    public GuardedTable DK { get; }

    public GuardedTable DV { get; }

    public GuardedScratch DBias { get; }

    public AttentionOperands Operands => new()
    {
        Size = size,
        Q = Q.View,
        K = K.View,
        V = V.View,
        KeyBias = withBias ? Bias.Address : null,
        Scale = scale,
        Y = Y.View,
        LogSums = new BatchedRows(LogSums.Address, 1, size.Queries),
    };

    /// <summary>Multiples of 1/8 keep the scores exact in single precision, so that only the exponentials are compared.</summary>
    public void RoundQueriesAndKeys()
    {
        Q.ForEach((b, r, c) => Q[b, r, c] = MathF.Round(Q[b, r, c] * 8) / 8);
        K.ForEach((b, r, c) => K[b, r, c] = MathF.Round(K[b, r, c] * 8) / 8);
    }

    public void Forward(int threads)
    {
        using WorkerPool pool = new(threads);
        using GuardedScratch scratch = new(AttentionSoftmax.ForwardScratch(size, threads));
        AttentionSoftmax.Forward(pool, Operands, scratch.Address);
        scratch.AssertGuardUntouched();
        LogSums.AssertGuardUntouched();
    }

    public void Backward(int threads, GuardedTable? dq = null)
    {
        using WorkerPool pool = new(threads);
        using GuardedScratch scratch = new(AttentionSoftmax.BackwardScratch(size, threads));
        AttentionGradients gradients = new()
        {
            DY = DY.View,
            DQ = (dq ?? DQ).View,
            DK = DK.View,
            DV = DV.View,
            DKeyBias = withBias ? DBias.Address : null,
        };
        AttentionSoftmax.Backward(pool, Operands, gradients, scratch.Address);
        scratch.AssertGuardUntouched();
        DBias.AssertGuardUntouched();
    }

    /// <summary>The literal map, [batch, N, M], and the rows' log-sum-exp.</summary>
    public (double[,,] Map, double[,] LogSums) Map()
    {
        double[,,] map = new double[size.Batch, size.Queries, size.Keys];
        double[,] logSums = new double[size.Batch, size.Queries];
        for (int n = 0; n < size.Batch; n++)
        {
            for (int i = 0; i < size.Queries; i++)
            {
                double maximum = double.NegativeInfinity;
                for (int j = 0; j < size.Keys; j++)
                {
                    map[n, i, j] = Score(n, i, j);
                    maximum = Math.Max(maximum, map[n, i, j]);
                }

                double sum = 0;
                for (int j = 0; j < size.Keys; j++)
                {
                    map[n, i, j] = double.IsNegativeInfinity(maximum) ? 0 : Math.Exp(map[n, i, j] - maximum);
                    sum += map[n, i, j];
                }

                for (int j = 0; j < size.Keys && sum > 0; j++)
                {
                    map[n, i, j] /= sum;
                }

                logSums[n, i] = maximum + Math.Log(sum);
            }
        }

        return (map, logSums);
    }

    public double[,,] ExpectedY(double[,,] map)
    {
        double[,,] y = new double[size.Batch, size.Queries, size.ValueWidth];
        V.ForEach((n, j, c) =>
        {
            for (int i = 0; i < size.Queries; i++)
            {
                y[n, i, c] += map[n, i, j] * V[n, j, c];
            }
        });
        return y;
    }

    public (double[,,] DQ, double[,,] DK, double[,,] DV, double[,,] DBias) ExpectedGradients(double[,,] map)
    {
        double[,,] y = ExpectedY(map);
        double[,,] dq = new double[size.Batch, size.Queries, size.KeyWidth];
        double[,,] dk = new double[size.Batch, size.Keys, size.KeyWidth];
        double[,,] dv = new double[size.Batch, size.Keys, size.ValueWidth];
        double[,,] bias = new double[size.Batch, size.Keys, 1];
        for (int n = 0; n < size.Batch; n++)
        {
            for (int i = 0; i < size.Queries; i++)
            {
                for (int j = 0; j < size.Keys; j++)
                {
                    double product = 0;
                    for (int c = 0; c < size.ValueWidth; c++)
                    {
                        product += DY[n, i, c] * (V[n, j, c] - y[n, i, c]);
                        dv[n, j, c] += map[n, i, j] * DY[n, i, c];
                    }

                    double score = map[n, i, j] * product;
                    bias[n, j, 0] += score;
                    for (int c = 0; c < size.KeyWidth; c++)
                    {
                        dq[n, i, c] += scale * score * K[n, j, c];
                        dk[n, j, c] += scale * score * Q[n, i, c];
                    }
                }
            }
        }

        return (dq, dk, dv, bias);
    }

    private double Score(int n, int i, int j)
    {
        double sum = 0;
        for (int c = 0; c < size.KeyWidth; c++)
        {
            sum += (double)Q[n, i, c] * K[n, j, c];
        }

        return (sum * scale) + (withBias ? Bias.Address[(n * size.Keys) + j] : 0);
    }

    public void Dispose()
    {
        foreach (GuardedTable table in (GuardedTable[])[Q, K, V, DY, Y, DQ, DK, DV])
        {
            table.Dispose();
        }

        Bias.Dispose();
        DBias.Dispose();
        LogSums.Dispose();
    }
}
