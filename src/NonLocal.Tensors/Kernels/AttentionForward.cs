using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>How the forward pass cuts its work: functions of the sizes and the vector width.</summary>
internal readonly struct AttentionForwardPlan
{
    private const int MostKeysInTile = 216;
    // Tiles of one batch element are worth packing together, because its queries are packed again for each group; several elements
    // together only give the threads enough to do.
    private const int MostPackedFloats = 1024 * 1024;
    private const int MostFloatsOfBatches = 512 * 1024;
    private const int EnoughParts = 24;

    public AttentionForwardPlan(AttentionSize size, int rows, int lanes)
    {
        Size = size;
        Rows = rows;
        Lanes = lanes;
        int tiles = AttentionSize.DivideUp(size.Keys, MostKeysInTile);
        TileKeys = AttentionSize.RoundUp(AttentionSize.DivideUp(size.Keys, tiles), rows);
        ValueRows = AttentionSize.RoundUp(size.ValueWidth, rows);
        TileFloats = (long)TileKeys * (size.KeyWidth + ValueRows);
        Tiles = AttentionSize.DivideUp(size.Keys, TileKeys);
        GroupTiles = (int)Math.Clamp(MostPackedFloats / TileFloats, 1, Tiles);
        BatchChunk = (int)Math.Clamp(MostFloatsOfBatches / (GroupTiles * TileFloats), 1, size.Batch);
        Panels = 4;
        while (Panels > 1 && (long)size.Batch * AttentionSize.DivideUp(size.Queries, Panels * lanes) < EnoughParts)
        {
            Panels /= 2;
        }
    }

    public AttentionSize Size { get; }

    /// <summary>Rows of the product's register tile.</summary>
    public int Rows { get; }

    /// <summary>Columns of the product's register tile: queries in a panel.</summary>
    public int Lanes { get; }

    /// <summary>Keys in a tile, a multiple of <see cref="Rows"/>.</summary>
    public int TileKeys { get; }

    /// <summary>Value channels, rounded up to <see cref="Rows"/>.</summary>
    public int ValueRows { get; }

    /// <summary>Floats of a packed tile of keys and values.</summary>
    public long TileFloats { get; }

    /// <summary>Tiles that cover all keys.</summary>
    public int Tiles { get; }

    /// <summary>Tiles that are packed and used together.</summary>
    public int GroupTiles { get; }

    /// <summary>Batch elements that are worked on together.</summary>
    public int BatchChunk { get; }

    /// <summary>Query panels in one part of the work.</summary>
    public int Panels { get; }

    public int QueryTiles => AttentionSize.DivideUp(Size.Queries, Panels * Lanes);

    public long PackedFloats => BatchChunk * GroupTiles * TileFloats;

    /// <summary>Per worker: packed queries, results, maxima and sums of each panel, and one tile of scores.</summary>
    public long WorkerFloats => ((long)Panels * Lanes * (Size.KeyWidth + ValueRows + 2)) + ((long)TileKeys * Lanes);
}

/// <summary>
/// Softmax attention, Y = softmax_row(scale·Q Kᵀ + bias) V, in tiles: the map never exists. Tiles of keys and values are packed
/// once for all queries; each part of the work takes some queries past them with a running maximum and sum.
/// </summary>
internal static unsafe class AttentionForward<TVector>
    where TVector : unmanaged, ISimd<TVector>
{
    public static AttentionForwardPlan Plan(AttentionSize size) => new(size, MicroKernel.Rows<TVector>(), MicroKernel.Columns<TVector>());

    public static void Run(WorkerPool pool, AttentionOperands operands, float* scratch)
    {
        AttentionForwardPlan plan = Plan(operands.Size);
        for (int batch = 0; batch < plan.Size.Batch; batch += plan.BatchChunk)
        {
            int batches = Math.Min(plan.BatchChunk, plan.Size.Batch - batch);
            for (int tile = 0; tile < plan.Tiles; tile += plan.GroupTiles)
            {
                int tiles = Math.Min(plan.GroupTiles, plan.Tiles - tile);
                Job job = new()
                {
                    Plan = plan,
                    Operands = operands,
                    Batch = batch,
                    Tile = tile,
                    TileCount = tiles,
                    Packed = scratch,
                    Workers = scratch + plan.PackedFloats,
                };
                PackJob pack = new() { Job = job };
                pool.Run(ref pack, batches * tiles);
                pool.Run(ref job, batches * plan.QueryTiles);
            }
        }
    }

    private struct PackJob : IParallelJob
    {
        public Job Job;

        public readonly void Execute(int index, int worker)
        {
            AttentionForwardPlan plan = Job.Plan;
            AttentionOperands operands = Job.Operands;
            (int batch, int tile) = Math.DivRem(index, Job.TileCount);
            float* packed = Job.PackedTile(batch, tile);
            int first = (Job.Tile + tile) * plan.TileKeys;
            int count = Math.Min(plan.TileKeys, plan.Size.Keys - first);
            int width = plan.Size.KeyWidth;
            nint stride = operands.K.RowStride;
            PanelPacking.Pack<TVector>(
                operands.K.Row(Job.Batch + batch, first), stride, 1, count, width, plan.Rows, packed, (nint)plan.Rows * width);
            packed += (nint)plan.TileKeys * width;
            stride = operands.V.RowStride;
            width = plan.Size.ValueWidth;
            PanelPacking.Pack<TVector>(
                operands.V.Row(Job.Batch + batch, first), 1, stride, width, count, plan.Rows, packed, (nint)plan.Rows * plan.TileKeys);
        }
    }

    // One part: some panels of queries against all packed tiles of their batch element.
    private struct Job : IParallelJob
    {
        public AttentionForwardPlan Plan;
        public AttentionOperands Operands;
        public int Batch;
        public int Tile;
        public int TileCount;
        public float* Packed;
        public float* Workers;

        public readonly float* PackedTile(int batch, int tile) => Packed + (((batch * (long)Plan.GroupTiles) + tile) * Plan.TileFloats);

        public readonly void Execute(int index, int worker)
        {
            (int batch, int queryTile) = Math.DivRem(index, Plan.QueryTiles);
            int first = queryTile * Plan.Panels * Plan.Lanes;
            int panels = AttentionSize.DivideUp(Math.Min(Plan.Panels * Plan.Lanes, Plan.Size.Queries - first), Plan.Lanes);
            for (int panel = 0; panel < panels; panel++)
            {
                Begin(batch, first + (panel * Plan.Lanes), PanelOf(worker, panel));
            }

            float* scores = Workers + ((worker + 1) * Plan.WorkerFloats) - ((long)Plan.TileKeys * Plan.Lanes);
            for (int tile = 0; tile < TileCount; tile++)
            {
                for (int panel = 0; panel < panels; panel++)
                {
                    Attend(batch, tile, first + (panel * Plan.Lanes), PanelOf(worker, panel), scores);
                }
            }

            for (int panel = 0; panel < panels; panel++)
            {
                Finish(batch, first + (panel * Plan.Lanes), PanelOf(worker, panel));
            }
        }

        // A panel in a worker's scratch: results [ValueRows][lanes], maxima [lanes], sums [lanes], queries [KeyWidth][lanes].
        private readonly float* PanelOf(int worker, int panel) =>
            Workers + (worker * Plan.WorkerFloats) + ((long)panel * Plan.Lanes * (Plan.Size.KeyWidth + Plan.ValueRows + 2));

        // Before the first tile there are no results: what is in the panel is overwritten.
        private readonly bool IsFirst(int tile) => Tile + tile == 0 && !Operands.Continues;

        private readonly float* Maxima(float* panel) => panel + ((nint)Plan.ValueRows * Plan.Lanes);

        // Between groups of tiles the state of a query is its normalised result and its log-sum-exp: a maximum with the sum 1.
        private readonly void Begin(int batch, int query, float* panel)
        {
            int lanes = Plan.Lanes;
            int count = Math.Min(lanes, Plan.Size.Queries - query);
            float* maxima = Maxima(panel);
            float* sums = maxima + lanes;
            float* rows = Operands.Q.Row(Batch + batch, query);
            PanelPacking.Pack<TVector>(rows, Operands.Q.RowStride, 1, count, Plan.Size.KeyWidth, lanes, sums + lanes, 0);
            new Span<float>(maxima, lanes).Fill(float.NegativeInfinity);
            new Span<float>(sums, lanes).Clear();
            if (IsFirst(0))
            {
                return;
            }

            rows = Operands.Y.Row(Batch + batch, query);
            PanelPacking.Pack<TVector>(rows, Operands.Y.RowStride, 1, count, Plan.Size.ValueWidth, lanes, panel, 0);
            float* logSums = Operands.LogSums.Row(Batch + batch, query);
            for (int lane = 0; lane < count; lane++)
            {
                maxima[lane] = logSums[lane];
                sums[lane] = float.IsNegativeInfinity(logSums[lane]) ? 0 : 1;
            }
        }

        private readonly void Attend(int batch, int tile, int query, float* panel, float* scores)
        {
            int lanes = Plan.Lanes;
            int width = Plan.Size.KeyWidth;
            int firstKey = (Tile + tile) * Plan.TileKeys;
            int count = Math.Min(Plan.TileKeys, Plan.Size.Keys - firstKey);
            float* maxima = Maxima(panel);
            float* keys = PackedTile(batch, tile);
            for (int key = 0; key < count; key += Plan.Rows)
            {
                MicroKernel.Run<TVector>(keys + ((nint)key * width), maxima + (2 * lanes), width, scores + ((nint)key * lanes));
            }

            float* bias = Operands.KeyBias == null ? null : Operands.KeyBias + ((long)(Batch + batch) * Plan.Size.Keys) + firstKey;
            AttentionScores<TVector>.ScaleAndShift(scores, count, Operands.Scale, bias);
            if (Operands.SkipsOwn)
            {
                AttentionScores<TVector>.Mask(scores, count, query - firstKey);
            }

            bool first = IsFirst(tile);
            AttentionScores<TVector>.Exponentiate(scores, count, maxima, maxima + lanes, panel, first ? 0 : Plan.Size.ValueWidth);
            float* values = keys + ((nint)Plan.TileKeys * width);
            for (int channel = 0; channel < Plan.Size.ValueWidth; channel += Plan.Rows)
            {
                float* left = values + ((nint)channel * Plan.TileKeys);
                float* results = panel + ((nint)channel * lanes);
                if (first)
                {
                    MicroKernel.Run<TVector>(left, scores, count, results);
                }
                else
                {
                    AttentionProduct<TVector>.Add(left, scores, count, 1, results, lanes, Plan.Rows, lanes);
                }
            }
        }

        private readonly void Finish(int batch, int query, float* panel)
        {
            int lanes = Plan.Lanes;
            int count = Math.Min(lanes, Plan.Size.Queries - query);
            float* maxima = Maxima(panel);
            float* sums = maxima + lanes;
            float* logSums = Operands.LogSums.Row(Batch + batch, query);
            for (int lane = 0; lane < count; lane++)
            {
                // A sum of 0 means that all scores were -inf: the result is 0 and so is the weight of what comes later.
                bool empty = sums[lane] == 0;
                logSums[lane] = empty ? float.NegativeInfinity : maxima[lane] + MathF.Log(sums[lane]);
                sums[lane] = empty ? 0 : 1 / sums[lane];
            }

            AttentionUnpacking.Write(
                panel, lanes, Plan.Size.ValueWidth, sums, Operands.Y.Row(Batch + batch, query), Operands.Y.RowStride, count);
        }
    }
}
