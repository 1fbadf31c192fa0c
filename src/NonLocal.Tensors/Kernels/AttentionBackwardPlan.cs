namespace NonLocal.Tensors.Kernels;

/// <summary>How the backward pass cuts its work and where the packed forms lie: functions of the sizes and the vector width.</summary>
/// <remarks>
/// A packed tile of keys holds K [slab][d][rows], V [slab][e][rows] (keys as rows of the register tile) and K [slab][key][rows]
/// (channels as rows). A packed tile of queries holds Q [panel][d][lanes], dY [panel][e][lanes] (queries as lanes), then
/// Q [panel][query][lanes], dY [panel][query][lanes] (channels as lanes), then log-sums and the dots ⟨dY, Y⟩.
/// </remarks>
internal readonly struct AttentionBackwardPlan
{
    private const int LargeTile = 192;
    private const int SmallTile = 96;
    private const int EnoughParts = 16;
    private const int TilesInGroup = 8;

    public AttentionBackwardPlan(AttentionSize size, int rows, int lanes)
    {
        Size = size;
        Rows = rows;
        Lanes = lanes;
        long fewest = AttentionSize.DivideUp(Math.Min(size.Queries, size.Keys), LargeTile);
        int tile = size.Batch * fewest >= EnoughParts ? LargeTile : SmallTile;
        TileKeys = Math.Min(tile, AttentionSize.RoundUp(size.Keys, rows));
        TileQueries = Math.Min(tile, AttentionSize.RoundUp(size.Queries, lanes));
        KeyTiles = AttentionSize.DivideUp(size.Keys, TileKeys);
        QueryTiles = AttentionSize.DivideUp(size.Queries, TileQueries);
        GroupKeyTiles = Balanced(KeyTiles);
        GroupQueryTiles = Balanced(QueryTiles);
        KeyRows = AttentionSize.RoundUp(size.KeyWidth, rows);
        KeyLanes = AttentionSize.RoundUp(size.KeyWidth, lanes);
        ValueLanes = AttentionSize.RoundUp(size.ValueWidth, lanes);
        KeyTileFloats = (long)TileKeys * (size.KeyWidth + size.ValueWidth + KeyRows);
        QueryTileFloats = (long)TileQueries * (size.KeyWidth + size.ValueWidth + KeyLanes + ValueLanes + 2);
        int most = Math.Max(GroupKeyTiles, GroupQueryTiles);
        BatchChunk = Math.Clamp(TilesInGroup / most, 1, size.Batch);
    }

    public AttentionSize Size { get; }

    /// <summary>Rows of the product's register tile.</summary>
    public int Rows { get; }

    /// <summary>Columns of the product's register tile.</summary>
    public int Lanes { get; }

    public int TileKeys { get; }

    public int TileQueries { get; }

    public int KeyTiles { get; }

    public int QueryTiles { get; }

    /// <summary>Key tiles that are packed and used together.</summary>
    public int GroupKeyTiles { get; }

    /// <summary>Query tiles that are packed and used together.</summary>
    public int GroupQueryTiles { get; }

    /// <summary>Batch elements that are worked on together.</summary>
    public int BatchChunk { get; }

    /// <summary>Key channels, rounded up to <see cref="Rows"/>.</summary>
    public int KeyRows { get; }

    /// <summary>Key channels, rounded up to <see cref="Lanes"/>.</summary>
    public int KeyLanes { get; }

    /// <summary>Value channels, rounded up to <see cref="Lanes"/>.</summary>
    public int ValueLanes { get; }

    public long KeyTileFloats { get; }

    public long QueryTileFloats { get; }

    /// <summary>Weights and score gradients of one query panel, [key][lane].</summary>
    public long PanelFloats => (long)TileKeys * Lanes;

    /// <summary>Weights or score gradients of a pair of tiles, [slab][query][rows].</summary>
    public long MapFloats => (long)TileKeys * TileQueries;

    /// <summary>Per worker: two panels, two maps and a transposed panel of dQ.</summary>
    public long WorkerFloats => (2 * PanelFloats) + (2 * MapFloats) + ((long)KeyRows * Lanes);

    public long KeyFloats => BatchChunk * GroupKeyTiles * KeyTileFloats;

    /// <summary>The dots ⟨dY, Y⟩ of the batch elements that are worked on together.</summary>
    public long DotFloats => (long)BatchChunk * Size.Queries;

    public long QueryFloats => BatchChunk * GroupQueryTiles * QueryTileFloats;

    // Groups of nearly equal size, at most TilesInGroup tiles each.
    private static int Balanced(int tiles) => AttentionSize.DivideUp(tiles, AttentionSize.DivideUp(tiles, TilesInGroup));
}
