using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>The sizes of a concatenation attention.</summary>
/// <param name="Batch">Independent maps.</param>
/// <param name="Queries">N, rows of the map.</param>
/// <param name="Keys">M, columns of the map.</param>
/// <param name="Channels">e, the width of the values.</param>
public readonly record struct ConcatenationSize(int Batch, int Queries, int Keys, int Channels);

/// <summary>
/// Concatenation attention, y_i = (1/M) Σ_j relu(a_i + b_j)·g_j, exactly and without its N×M map: the keys are sorted and
/// swept in merged order with running sums, O((N + M)·e) operations.
/// </summary>
/// <remarks>
/// Running sums are kept in double, channels are swept in fixed groups, so the result does not depend on the number of
/// threads. The derivative of relu at 0 is 0. What is not finite gives NaN (see <see cref="AttentionSweep"/>).
/// </remarks>
public static unsafe class AttentionConcatenation
{
    private const int FloatsOfEntry = 2;

    /// <summary>Floats of scratch memory for <see cref="Forward"/>.</summary>
    public static long ForwardScratch(ConcatenationSize size) => 2L * FloatsOfEntry * size.Batch * ((long)size.Queries + size.Keys);

    /// <summary>Floats of scratch memory for <see cref="Backward"/>.</summary>
    public static long BackwardScratch(ConcatenationSize size) =>
        ForwardScratch(size) + ((long)FloatsOfEntry * Groups(size.Channels) * size.Batch * ((long)size.Queries + size.Keys));

    /// <summary>y = (1/M) relu(a 1ᵀ + 1 bᵀ) g.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="size">The sizes; all at least 1.</param>
    /// <param name="a">The queries' numbers, [batch, N, 1].</param>
    /// <param name="b">The keys' numbers, [batch, M, 1].</param>
    /// <param name="g">The values, [batch, M, e].</param>
    /// <param name="y">The result, [batch, N, e].</param>
    /// <param name="scratch"><see cref="ForwardScratch"/> floats, aligned to 8 bytes.</param>
    public static void Forward(
        WorkerPool pool, ConcatenationSize size, BatchedRows a, BatchedRows b, BatchedRows g, BatchedRows y, float* scratch)
    {
        SortJob sort = new() { Size = size, A = a, B = b, Entries = (ulong*)scratch };
        pool.Run(ref sort, 2 * size.Batch);
        ForwardJob sweep = new() { Size = size, G = g, Y = y, Entries = (ulong*)scratch };
        pool.Run(ref sweep, size.Batch * Groups(size.Channels));
    }

    /// <summary>The gradients of <see cref="Forward"/>: da, db and dg from dy. The results are overwritten.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="size">The sizes; all at least 1.</param>
    /// <param name="a">The queries' numbers, [batch, N, 1].</param>
    /// <param name="b">The keys' numbers, [batch, M, 1].</param>
    /// <param name="g">The values, [batch, M, e].</param>
    /// <param name="dy">The gradient of y, [batch, N, e].</param>
    /// <param name="da">The gradient of a.</param>
    /// <param name="db">The gradient of b.</param>
    /// <param name="dg">The gradient of g.</param>
    /// <param name="scratch"><see cref="BackwardScratch"/> floats, aligned to 8 bytes.</param>
    public static void Backward(
        WorkerPool pool,
        ConcatenationSize size,
        BatchedRows a,
        BatchedRows b,
        BatchedRows g,
        BatchedRows dy,
        BatchedRows da,
        BatchedRows db,
        BatchedRows dg,
        float* scratch)
    {
        ulong* entries = (ulong*)scratch;
        SortJob sort = new() { Size = size, A = a, B = b, Entries = entries };
        pool.Run(ref sort, 2 * size.Batch);
        double* dots = (double*)(entries + (ForwardScratch(size) / FloatsOfEntry));
        BackwardJob sweep = new() { Size = size, G = g, DY = dy, DG = dg, Entries = entries, Dots = dots };
        pool.Run(ref sweep, 2 * size.Batch * Groups(size.Channels));
        SumDotsJob sum = new() { Size = size, DA = da, DB = db, Dots = dots };
        pool.Run(ref sum, 2 * size.Batch);
    }

    private static int Groups(int channels) => (channels + AttentionSweep.MaximalWidth - 1) / AttentionSweep.MaximalWidth;

    // The entries of one batch element: a's, b's, and the same again as scratch of the sort.
    private static ulong* EntriesOf(ulong* entries, ConcatenationSize size, int batch, bool keys) =>
        entries + (2L * batch * ((long)size.Queries + size.Keys)) + (keys ? size.Queries : 0);

    // The dots of one batch element and channel group: those for a, then those for b.
    private static double* DotsOf(double* dots, ConcatenationSize size, int batch, int group, bool keys) =>
        dots + ((((long)batch * Groups(size.Channels)) + group) * ((long)size.Queries + size.Keys)) + (keys ? size.Queries : 0);

    private static AttentionSweep SweepOf(
        ulong* entries, ConcatenationSize size, int batch, bool overKeys, BatchedRows rows, int channel) =>
        new()
        {
            Targets = EntriesOf(entries, size, batch, !overKeys),
            TargetCount = overKeys ? size.Queries : size.Keys,
            Sources = EntriesOf(entries, size, batch, overKeys),
            SourceCount = overKeys ? size.Keys : size.Queries,
            Rows = rows.Row(batch, 0) + channel,
            RowStride = rows.RowStride,
            Width = Math.Min(AttentionSweep.MaximalWidth, size.Channels - channel),
            Factor = 1.0 / size.Keys,
        };

    private struct SortJob : IParallelJob
    {
        public ConcatenationSize Size;
        public BatchedRows A;
        public BatchedRows B;
        public ulong* Entries;

        public readonly void Execute(int index, int worker)
        {
            int batch = index / 2;
            bool keys = index % 2 == 1;
            BatchedRows values = keys ? B : A;
            ulong* sorted = EntriesOf(Entries, Size, batch, keys);
            ulong* spare = sorted + Size.Queries + Size.Keys;
            AttentionOrder.Sort(values.Row(batch, 0), values.RowStride, keys ? Size.Keys : Size.Queries, sorted, spare);
        }
    }

    private struct ForwardJob : IParallelJob
    {
        public ConcatenationSize Size;
        public BatchedRows G;
        public BatchedRows Y;
        public ulong* Entries;

        public readonly void Execute(int index, int worker)
        {
            (int batch, int group) = Math.DivRem(index, Groups(Size.Channels));
            int channel = group * AttentionSweep.MaximalWidth;
            SweepOf(Entries, Size, batch, true, G, channel).Run(Y.Row(batch, 0) + channel, Y.RowStride, null, 0, null);
        }
    }

    private struct BackwardJob : IParallelJob
    {
        public ConcatenationSize Size;
        public BatchedRows G;
        public BatchedRows DY;
        public BatchedRows DG;
        public ulong* Entries;
        public double* Dots;

        public readonly void Execute(int index, int worker)
        {
            (int batch, int group) = Math.DivRem(index / 2, Groups(Size.Channels));
            int channel = group * AttentionSweep.MaximalWidth;
            bool keys = index % 2 == 1;
            double* dots = DotsOf(Dots, Size, batch, group, keys);
            float* g = G.Row(batch, 0) + channel;
            float* dy = DY.Row(batch, 0) + channel;
            if (keys)
            {
                // dg_j = (1/M) Σ_i relu(a_i + b_j)·dy_i and db_j: the same sweep with the roles exchanged.
                AttentionSweep overQueries = SweepOf(Entries, Size, batch, false, DY, channel);
                overQueries.Run(DG.Row(batch, 0) + channel, DG.RowStride, g, G.RowStride, dots);
            }
            else
            {
                SweepOf(Entries, Size, batch, true, G, channel).Run(null, 0, dy, DY.RowStride, dots);
            }
        }
    }

    // Adds the channel groups' shares in their order.
    private struct SumDotsJob : IParallelJob
    {
        public ConcatenationSize Size;
        public BatchedRows DA;
        public BatchedRows DB;
        public double* Dots;

        public readonly void Execute(int index, int worker)
        {
            int batch = index / 2;
            bool keys = index % 2 == 1;
            BatchedRows results = keys ? DB : DA;
            int count = keys ? Size.Keys : Size.Queries;
            for (int i = 0; i < count; i++)
            {
                double sum = 0;
                for (int group = 0; group < Groups(Size.Channels); group++)
                {
                    sum += DotsOf(Dots, Size, batch, group, keys)[i];
                }

                *results.Row(batch, i) = (float)sum;
            }
        }
    }
}
