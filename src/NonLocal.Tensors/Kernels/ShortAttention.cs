using System.Runtime.CompilerServices;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>How attention to few keys cuts its work: functions of the sizes and the vector width.</summary>
internal readonly struct ShortAttentionPlan
{
    private const int MostKeys = 256;
    private const int FewKeys = 64;
    private const int EnoughParts = 24;

    /// <summary>Queries whose sums are made together.</summary>
    public const int RowsOfTile = 8;

    public ShortAttentionPlan(AttentionSize size, int rows, int lanes)
    {
        Size = size;
        Lanes = lanes;
        PaddedKeys = AttentionSize.RoundUp(size.Keys, rows);

        // A line more than whole tiles: rows of 2048 bytes would share few sets of the nearest cache.
        ValueStride = AttentionSize.RoundUp(size.ValueWidth, lanes) + CachePrefetch.Line;
        Panels = AttentionSize.DivideUp(size.Queries, lanes);
        while (Panels > 1 && (long)size.Batch * AttentionSize.DivideUp(size.Queries, Panels * lanes) < EnoughParts)
        {
            Panels = (Panels + 1) / 2;
        }
    }

    public AttentionSize Size { get; }

    /// <summary>Queries in a panel: the columns of a register tile.</summary>
    public int Lanes { get; }

    /// <summary>Keys, rounded up to the rows of a register tile.</summary>
    public int PaddedKeys { get; }

    /// <summary>Floats from row to row of values that are copied.</summary>
    public int ValueStride { get; }

    /// <summary>Query panels in one part of the work.</summary>
    public int Panels { get; }

    public int QueryTiles => AttentionSize.DivideUp(Size.Queries, Panels * Lanes);

    /// <summary>Per worker: packed keys, packed queries, weights, four numbers for each query, sums, copied values.</summary>
    public long WorkerFloats => AttentionSize.RoundUp(
        ((PaddedKeys + Lanes) * Size.KeyWidth) + ((PaddedKeys + 4) * Lanes) + ((Size.Keys + RowsOfTile) * ValueStride), CachePrefetch.Line);

    /// <summary>Whether there are few keys and few queries for each. Unless very few, keys are packed once for all queries.</summary>
    public static bool Suits(AttentionSize size) =>
        size.Keys <= MostKeys && size.Queries <= 2 * size.Keys && (size.Keys <= FewKeys || size.Batch >= EnoughParts);
}

/// <summary>
/// Softmax attention to so few keys that all their weights are there at once. Values are read, and results written, where they lie: with
/// few queries for each key, packing would take as long as the products.
/// </summary>
internal static unsafe class ShortAttention<TVector>
    where TVector : unmanaged, ISimd<TVector>
{
    // Values whose rows span more than the second-level cache may share a few sets of it.
    private const long FarFloats = 1 << 18;

    public static ShortAttentionPlan Plan(AttentionSize size) => new(size, MicroKernel.Rows<TVector>(), MicroKernel.Columns<TVector>());

    public static void Run(WorkerPool pool, AttentionOperands operands, float* scratch)
    {
        Job job = new() { Plan = Plan(operands.Size), Operands = operands, Workers = scratch };
        pool.Run(ref job, job.Plan.Size.Batch * job.Plan.QueryTiles);
    }

    // One part: some panels of queries of one batch element.
    private struct Job : IParallelJob
    {
        public ShortAttentionPlan Plan;
        public AttentionOperands Operands;
        public float* Workers;

        public readonly void Execute(int index, int worker)
        {
            (int batch, int tile) = Math.DivRem(index, Plan.QueryTiles);
            AttentionSize size = Plan.Size;
            float* keys = Workers + (worker * Plan.WorkerFloats);
            float* queries = keys + ((nint)Plan.PaddedKeys * size.KeyWidth);
            ShortWeights<TVector> weights = new(queries + ((nint)Plan.Lanes * size.KeyWidth), Plan);
            int rows = MicroKernel.Rows<TVector>();
            PanelPacking.Pack<TVector>(
                Operands.K.Row(batch, 0), Operands.K.RowStride, 1, size.Keys, size.KeyWidth, rows, keys, (nint)rows * size.KeyWidth);
            float* sums = weights.End;
            ShortValues values = Values(batch, sums + ((nint)ShortAttentionPlan.RowsOfTile * Plan.ValueStride));
            int first = tile * Plan.Panels * Plan.Lanes;
            int end = Math.Min(size.Queries, first + (Plan.Panels * Plan.Lanes));
            for (int query = first; query < end; query += Plan.Lanes)
            {
                weights.Fill(Operands, batch, query, Math.Min(Plan.Lanes, end - query), keys, queries);
                Multiply(weights, values, sums, batch, query, Math.Min(Plan.Lanes, end - query));
            }
        }

        // All values, copied if they lie far apart; of others only the last columns, which do not fill a tile.
        private readonly ShortValues Values(int batch, float* copy)
        {
            int keys = Plan.Size.Keys;
            int width = Plan.Size.ValueWidth;
            float* data = Operands.V.Row(batch, 0);
            nint stride = Operands.V.RowStride;
            bool isFar = stride * keys > FarFloats;
            int inPlace = isFar ? 0 : width / Plan.Lanes * Plan.Lanes;
            int copied = width - inPlace;
            for (int key = 0; key < keys && copied > 0; key++)
            {
                float* from = data + (key * stride) + inPlace;
                float* to = copy + ((nint)key * Plan.ValueStride);
                CachePrefetch.Second(from + (4 * stride), copied);
                new ReadOnlySpan<float>(from, copied).CopyTo(new Span<float>(to, copied));
                new Span<float>(to + copied, Plan.ValueStride - copied).Clear();
            }

            return new ShortValues(data, stride, inPlace, copy, Plan.ValueStride);
        }

        private readonly void Multiply(
            in ShortWeights<TVector> weights, in ShortValues values, float* sums, int batch, int query, int count)
        {
            int width = Plan.Size.ValueWidth;
            for (int row = 0; row < count; row += ShortAttentionPlan.RowsOfTile)
            {
                for (int channel = 0; channel < width; channel += Plan.Lanes)
                {
                    float* right = values.At(channel, out nint step);
                    Prefetch(right + Plan.Lanes, step, row == 0 && channel + Plan.Lanes < values.InPlace);
                    weights.Multiply(row, right, step, sums + channel);
                }

                int rows = Math.Min(ShortAttentionPlan.RowsOfTile, count - row);
                weights.Write(row, rows, sums, Operands.Y.Row(batch, query + row), Operands.Y.RowStride, Operands.Continues);
            }
        }

        // The next columns come from the farther caches meanwhile.
        private readonly void Prefetch(float* next, nint step, bool exist)
        {
            for (int key = 0; exist && key < Plan.Size.Keys; key++)
            {
                CachePrefetch.Second(next + (key * step), Plan.Lanes);
            }
        }
    }
}

/// <summary>Where the columns of values are: the first in place, the others in a copy.</summary>
internal readonly unsafe struct ShortValues(float* data, nint stride, int inPlace, float* copy, nint copyStride)
{
    /// <summary>How many columns are read where they lie.</summary>
    public int InPlace => inPlace;

    /// <summary>One column of the first row, and the floats from row to row.</summary>
    public float* At(int column, out nint step)
    {
        step = column < inPlace ? stride : copyStride;
        return column < inPlace ? data + column : copy + column - inPlace;
    }
}
