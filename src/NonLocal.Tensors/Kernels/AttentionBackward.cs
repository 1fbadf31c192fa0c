using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Gradients of softmax attention with five products a pair of tiles and no map: weights are computed again from the rows'
/// log-sums. In round r key tile j meets query tile (j + r) mod T, so no two parts of a round write the same rows.
/// </summary>
internal static unsafe class AttentionBackward<TVector>
    where TVector : unmanaged, ISimd<TVector>
{
    public static AttentionBackwardPlan Plan(AttentionSize size) => new(size, MicroKernel.Rows<TVector>(), MicroKernel.Columns<TVector>());

    public static void Run(WorkerPool pool, AttentionOperands operands, AttentionGradients gradients, float* scratch)
    {
        AttentionBackwardPlan plan = Plan(operands.Size);
        AttentionBackwardGroup group = new()
        {
            Plan = plan,
            Operands = operands,
            Gradients = gradients,
            PackedKeys = scratch,
            PackedQueries = scratch + plan.KeyFloats,
            Workers = scratch + plan.KeyFloats + plan.QueryFloats,
            Dots = scratch + plan.KeyFloats + plan.QueryFloats + (pool.Threads * plan.WorkerFloats),
        };
        for (int batch = 0; batch < plan.Size.Batch; batch += plan.BatchChunk)
        {
            group.Batch = batch;
            group.Batches = Math.Min(plan.BatchChunk, plan.Size.Batch - batch);
            for (int keyTile = 0; keyTile < plan.KeyTiles; keyTile += plan.GroupKeyTiles)
            {
                group.KeyTile = keyTile;
                group.KeyTiles = Math.Min(plan.GroupKeyTiles, plan.KeyTiles - keyTile);
                AttentionPackKeysJob<TVector> pack = new() { Group = group };
                pool.Run(ref pack, group.Batches * group.KeyTiles);
                MeetQueries(pool, group);
            }
        }
    }

    private static void MeetQueries(WorkerPool pool, AttentionBackwardGroup group)
    {
        AttentionBackwardPlan plan = group.Plan;
        for (int queryTile = 0; queryTile < plan.QueryTiles; queryTile += plan.GroupQueryTiles)
        {
            group.QueryTile = queryTile;
            group.QueryTiles = Math.Min(plan.GroupQueryTiles, plan.QueryTiles - queryTile);
            AttentionPackQueriesJob<TVector> pack = new() { Group = group };
            pool.Run(ref pack, group.Batches * group.QueryTiles);
            for (int round = 0; round < Math.Max(group.KeyTiles, group.QueryTiles); round++)
            {
                RoundJob job = new() { Group = group, Round = round };
                pool.Run(ref job, group.Batches * Math.Min(group.KeyTiles, group.QueryTiles));
            }
        }
    }

    // One pair of tiles for each part.
    private struct RoundJob : IParallelJob
    {
        public AttentionBackwardGroup Group;
        public int Round;

        public readonly void Execute(int index, int worker)
        {
            int fewest = Math.Min(Group.KeyTiles, Group.QueryTiles);
            int most = Math.Max(Group.KeyTiles, Group.QueryTiles);
            (int batch, int standing) = Math.DivRem(index, fewest);
            int moving = (standing + Round) % most;
            bool keysStand = Group.KeyTiles <= Group.QueryTiles;
            Pair pair = new(Group, batch, keysStand ? standing : moving, keysStand ? moving : standing, worker);
            pair.Run();
        }
    }

    // A tile of keys and a tile of queries, with a worker's scratch.
    private readonly ref struct Pair
    {
        private readonly AttentionBackwardGroup group;
        private readonly AttentionBackwardPlan plan;
        private readonly int batch;
        private readonly int firstKey;
        private readonly int firstQuery;
        private readonly int keys;
        private readonly int queries;
        private readonly float* packedKeys;
        private readonly float* packedQueries;
        private readonly float* weightPanel;
        private readonly float* gradientPanel;
        private readonly float* weights;
        private readonly float* scoreGradients;
        private readonly float* transposed;

        public Pair(AttentionBackwardGroup group, int batch, int keyTile, int queryTile, int worker)
        {
            this.group = group;
            plan = group.Plan;
            this.batch = group.Batch + batch;
            firstKey = (group.KeyTile + keyTile) * plan.TileKeys;
            firstQuery = (group.QueryTile + queryTile) * plan.TileQueries;
            keys = Math.Min(plan.TileKeys, plan.Size.Keys - firstKey);
            queries = Math.Min(plan.TileQueries, plan.Size.Queries - firstQuery);
            packedKeys = group.KeysOf(batch, keyTile);
            packedQueries = group.QueriesOf(batch, queryTile);
            weightPanel = group.Workers + (worker * plan.WorkerFloats);
            gradientPanel = weightPanel + plan.PanelFloats;
            weights = gradientPanel + plan.PanelFloats;
            scoreGradients = weights + plan.MapFloats;
            transposed = scoreGradients + plan.MapFloats;
        }

        public void Run()
        {
            for (int query = 0; query < queries; query += plan.Lanes)
            {
                RebuildWeights(query);
                AddToQueries(query);
                KeepTransposed(query);
            }

            AttentionGradients results = group.Gradients;
            AttentionSize size = plan.Size;
            float* channelForms = packedQueries + ((nint)plan.TileQueries * (size.KeyWidth + size.ValueWidth));
            AddToKeys(scoreGradients, channelForms, size.KeyWidth, group.Operands.Scale, results.DK);
            AddToKeys(weights, channelForms + ((nint)plan.TileQueries * plan.KeyLanes), size.ValueWidth, 1, results.DV);
            if (results.DKeyBias != null)
            {
                AddToBias(results.DKeyBias + ((long)batch * size.Keys) + firstKey);
            }
        }

        // P = exp(scale·K Qᵀ + bias − L) and dS = P ∘ (V dYᵀ − ⟨dY, Y⟩), for one panel of queries.
        private void RebuildWeights(int query)
        {
            int d = plan.Size.KeyWidth;
            int e = plan.Size.ValueWidth;
            float* values = packedKeys + ((nint)plan.TileKeys * d);
            float* cotangents = packedQueries + ((nint)plan.TileQueries * d);
            MultiplyKeys(packedKeys, packedQueries + ((nint)query * d), d, weightPanel);
            MultiplyKeys(values, cotangents + ((nint)query * e), e, gradientPanel);

            float* bias = group.Operands.KeyBias == null ? null : group.Operands.KeyBias + ((long)batch * plan.Size.Keys) + firstKey;
            AttentionScores<TVector>.ScaleAndShift(weightPanel, keys, group.Operands.Scale, bias);
            if (group.Operands.SkipsOwn)
            {
                AttentionScores<TVector>.Mask(weightPanel, keys, firstQuery + query - firstKey);
            }

            float* logSums = packedQueries + plan.QueryTileFloats - (2 * plan.TileQueries) + query;
            AttentionScores<TVector>.Differentiate(weightPanel, gradientPanel, keys, logSums, logSums + plan.TileQueries);
        }

        // All keys against one panel of queries, which stays in the first-level cache.
        private void MultiplyKeys(float* slabs, float* panel, int width, float* products)
        {
            for (int key = 0; key < keys; key += plan.Rows)
            {
                MicroKernel.Run<TVector>(slabs + ((nint)key * width), panel, width, products + ((nint)key * plan.Lanes));
            }
        }

        // dQ += scale·dS K, computed as its transpose.
        private void AddToQueries(int query)
        {
            int d = plan.Size.KeyWidth;
            float* channelForm = packedKeys + ((nint)plan.TileKeys * (d + plan.Size.ValueWidth));
            for (int channel = 0; channel < d; channel += plan.Rows)
            {
                float* slab = channelForm + ((nint)channel * plan.TileKeys);
                MicroKernel.Run<TVector>(slab, gradientPanel, keys, transposed + ((nint)channel * plan.Lanes));
            }

            BatchedRows dq = group.Gradients.DQ;
            float* rows = dq.Row(batch, firstQuery + query);
            int count = Math.Min(plan.Lanes, queries - query);
            AttentionUnpacking.Add(transposed, plan.Lanes, d, group.Operands.Scale, rows, dq.RowStride, count);
        }

        private void KeepTransposed(int query)
        {
            int lanes = Math.Min(plan.Lanes, queries - query);
            int rows = AttentionSize.RoundUp(keys, plan.Rows);
            nint slab = (nint)plan.Rows * plan.TileQueries;
            nint to = (nint)query * plan.Rows;
            PanelPacking.Pack<TVector>(weightPanel, plan.Lanes, 1, rows, lanes, plan.Rows, weights + to, slab);
            PanelPacking.Pack<TVector>(gradientPanel, plan.Lanes, 1, rows, lanes, plan.Rows, scoreGradients + to, slab);
        }

        // rows(key) += factor·Σ_query map[key][query]·form[query]: dV from the weights, dK from the score gradients.
        private void AddToKeys(float* map, float* form, int channels, float factor, BatchedRows results)
        {
            for (int channel = 0; channel < channels; channel += plan.Lanes, form += (nint)plan.Lanes * plan.TileQueries)
            {
                int width = Math.Min(plan.Lanes, channels - channel);
                for (int key = 0; key < keys; key += plan.Rows)
                {
                    int height = Math.Min(plan.Rows, keys - key);
                    float* slab = map + ((nint)key * plan.TileQueries);
                    float* to = results.Row(batch, firstKey + key) + channel;
                    AttentionProduct<TVector>.Add(slab, form, queries, factor, to, results.RowStride, height, width);
                }
            }
        }

        private void AddToBias(float* bias)
        {
            for (int key = 0; key < keys; key++)
            {
                float* slab = scoreGradients + ((nint)(key / plan.Rows) * plan.Rows * plan.TileQueries) + (key % plan.Rows);
                float sum = 0;
                for (int query = 0; query < queries; query++)
                {
                    sum += slab[(nint)query * plan.Rows];
                }

                bias[key] += sum;
            }
        }
    }
}
