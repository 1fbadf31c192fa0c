namespace NonLocal.Tensors.Kernels;

/// <summary>A map [batch, rows, columns] whose columns form groups that are normalised together, each sample by itself.</summary>
/// <param name="Batch">Samples that are normalised on their own (1 for batch norm).</param>
/// <param name="Rows">Positions.</param>
/// <param name="Columns">Channels.</param>
/// <param name="Groups">Groups of neighbouring channels (all channels for batch and instance norm, 1 for layer norm).</param>
/// <param name="Epsilon">Added to the variance.</param>
internal readonly record struct NormalizationSize(long Batch, long Rows, int Columns, int Groups, double Epsilon)
{
    /// <summary>Channels of a group.</summary>
    public int GroupColumns => Columns / Groups;

    /// <summary>Elements that are normalised together.</summary>
    public double GroupCount => (double)Rows * GroupColumns;

    /// <summary>Tiles of one sample.</summary>
    public long Tiles => ColumnTile.Count(Rows, Columns);

    /// <summary>Each sample is one row that is normalised as a whole, as layer norm does it.</summary>
    public bool IsByRow => Rows == 1 && Groups == 1;

    /// <summary>1/√(variance + ε).</summary>
    public double Scale(float variance) => 1 / Math.Sqrt(variance + Epsilon);

    /// <summary>How many tiles a part of parallel work takes.</summary>
    public long TilesPerPart => Math.Max(1, ColumnTile.TileElements / (Math.Min(Rows, ColumnTile.Rows(Columns)) * Columns));
}
