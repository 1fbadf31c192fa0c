using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>Some tiles of keys and queries of some batch elements that are packed at the moment, and the memory they lie in.</summary>
internal unsafe struct AttentionBackwardGroup
{
    public AttentionBackwardPlan Plan;
    public AttentionOperands Operands;
    public AttentionGradients Gradients;
    public int Batch;
    public int Batches;
    public int KeyTile;
    public int KeyTiles;
    public int QueryTile;
    public int QueryTiles;
    public float* PackedKeys;
    public float* PackedQueries;
    public float* Workers;
    public float* Dots;

    public readonly float* KeysOf(int batch, int tile) => PackedKeys + (((batch * (long)Plan.GroupKeyTiles) + tile) * Plan.KeyTileFloats);

    public readonly float* QueriesOf(int batch, int tile) =>
        PackedQueries + (((batch * (long)Plan.GroupQueryTiles) + tile) * Plan.QueryTileFloats);
}

/// <summary>Packs one tile of keys and values in each part and clears its gradients.</summary>
internal unsafe struct AttentionPackKeysJob<TVector> : IParallelJob
    where TVector : unmanaged, ISimd<TVector>
{
    public AttentionBackwardGroup Group;

    public readonly void Execute(int index, int worker)
    {
        AttentionBackwardPlan plan = Group.Plan;
        AttentionOperands operands = Group.Operands;
        (int part, int tile) = Math.DivRem(index, Group.KeyTiles);
        int batch = Group.Batch + part;
        int first = (Group.KeyTile + tile) * plan.TileKeys;
        int count = Math.Min(plan.TileKeys, plan.Size.Keys - first);
        int d = plan.Size.KeyWidth;
        int e = plan.Size.ValueWidth;
        float* packed = Group.KeysOf(part, tile);
        float* k = operands.K.Row(batch, first);
        float* v = operands.V.Row(batch, first);
        nint rows = plan.Rows;
        PanelPacking.Pack<TVector>(k, operands.K.RowStride, 1, count, d, plan.Rows, packed, rows * d);
        packed += (nint)plan.TileKeys * d;
        PanelPacking.Pack<TVector>(v, operands.V.RowStride, 1, count, e, plan.Rows, packed, rows * e);
        packed += (nint)plan.TileKeys * e;
        PanelPacking.Pack<TVector>(k, 1, operands.K.RowStride, d, count, plan.Rows, packed, rows * plan.TileKeys);
        if (!Group.Gradients.Adds)
        {
            Clear(batch, first, count);
        }
    }

    private readonly void Clear(int batch, int first, int count)
    {
        AttentionSize size = Group.Plan.Size;
        for (int key = first; key < first + count; key++)
        {
            new Span<float>(Group.Gradients.DK.Row(batch, key), size.KeyWidth).Clear();
            new Span<float>(Group.Gradients.DV.Row(batch, key), size.ValueWidth).Clear();
        }

        if (Group.Gradients.DKeyBias != null)
        {
            new Span<float>(Group.Gradients.DKeyBias + ((long)batch * size.Keys) + first, count).Clear();
        }
    }
}

/// <summary>Packs one tile of queries in each part and clears its gradient before the first keys come.</summary>
internal unsafe struct AttentionPackQueriesJob<TVector> : IParallelJob
    where TVector : unmanaged, ISimd<TVector>
{
    public AttentionBackwardGroup Group;

    public readonly void Execute(int index, int worker)
    {
        AttentionBackwardPlan plan = Group.Plan;
        (int part, int tile) = Math.DivRem(index, Group.QueryTiles);
        int batch = Group.Batch + part;
        int first = (Group.QueryTile + tile) * plan.TileQueries;
        int count = Math.Min(plan.TileQueries, plan.Size.Queries - first);
        float* packed = Group.QueriesOf(part, tile);
        BatchedRows q = Group.Operands.Q;
        BatchedRows dy = Group.Gradients.DY;
        packed = PackRows(q.Row(batch, first), q.RowStride, count, plan.Size.KeyWidth, packed);
        packed = PackRows(dy.Row(batch, first), dy.RowStride, count, plan.Size.ValueWidth, packed);
        packed = PackChannels(q.Row(batch, first), q.RowStride, count, plan.Size.KeyWidth, packed);
        packed = PackChannels(dy.Row(batch, first), dy.RowStride, count, plan.Size.ValueWidth, packed);
        float* dots = Group.Dots + ((long)part * plan.Size.Queries) + first;
        if (Group.KeyTile == 0)
        {
            Begin(batch, first, count, dots);
        }

        Summaries(batch, first, count, packed, dots);
    }

    // The first keys are about to come: ⟨dY, Y⟩ once for all, then dQ starts at 0. The memory of Y is not read again.
    private readonly void Begin(int batch, int first, int count, float* dots)
    {
        for (int query = 0; query < count; query++)
        {
            dots[query] = Dot(batch, first + query);
        }

        for (int query = 0; query < count && !Group.Gradients.Adds; query++)
        {
            new Span<float>(Group.Gradients.DQ.Row(batch, first + query), Group.Plan.Size.KeyWidth).Clear();
        }
    }

    // Queries as lanes; returns where the next form starts.
    private readonly float* PackRows(float* rows, nint stride, int count, int width, float* packed)
    {
        int lanes = Group.Plan.Lanes;
        PanelPacking.Pack<TVector>(rows, stride, 1, count, width, lanes, packed, (nint)lanes * width);
        return packed + ((nint)Group.Plan.TileQueries * width);
    }

    // Channels as lanes; returns where the next form starts.
    private readonly float* PackChannels(float* rows, nint stride, int count, int width, float* packed)
    {
        int lanes = Group.Plan.Lanes;
        nint panel = (nint)lanes * Group.Plan.TileQueries;
        PanelPacking.Pack<TVector>(rows, 1, stride, width, count, lanes, packed, panel);
        return packed + (AttentionSize.DivideUp(width, lanes) * panel);
    }

    // The rows' log-sums and ⟨dY, Y⟩. A lane without a row, or whose scores are all -inf, gets +inf: its weights become 0.
    private readonly void Summaries(int batch, int first, int count, float* summaries, float* dots)
    {
        AttentionBackwardPlan plan = Group.Plan;
        float* logSums = Group.Operands.LogSums.Row(batch, first);
        for (int query = 0; query < plan.TileQueries; query++)
        {
            bool empty = query >= count || float.IsNegativeInfinity(logSums[query]);
            summaries[query] = empty ? float.PositiveInfinity : logSums[query];
            summaries[plan.TileQueries + query] = empty ? 0 : dots[query];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly float Dot(int batch, int query)
    {
        float* y = Group.Operands.Y.Row(batch, query);
        float* dy = Group.Gradients.DY.Row(batch, query);
        int width = Group.Plan.Size.ValueWidth;
        Vector128<float> even = Vector128<float>.Zero;
        Vector128<float> odd = Vector128<float>.Zero;
        int c = 0;
        for (; c <= width - 8; c += 8)
        {
            even += Vector128.Load(y + c) * Vector128.Load(dy + c);
            odd += Vector128.Load(y + c + 4) * Vector128.Load(dy + c + 4);
        }

        float sum = Vector128.Sum(even + odd);
        for (; c < width; c++)
        {
            sum += y[c] * dy[c];
        }

        return sum;
    }
}
