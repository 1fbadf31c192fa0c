using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>Packs rows of a right matrix; a part packs a stretch of them for all panels.</summary>
internal unsafe struct RightPacking : IParallelJob
{
    private const int RowsOfPart = 64;

    /// <summary>The rows that are packed.</summary>
    public Matrix Right;

    /// <summary>Which of all rows the first one is.</summary>
    public int First;

    /// <summary>How many are packed.</summary>
    public int Rows;

    /// <summary>All rows of the packed form.</summary>
    public int Inner;

    public int Columns;
    public float* Packed;

    /// <summary>How many parts <see cref="WorkerPool.Run{TJob}"/> is to be given.</summary>
    public readonly int Parts => (Rows + RowsOfPart - 1) / RowsOfPart;

    public readonly void Execute(int index, int worker)
    {
        int first = index * RowsOfPart;
        int rows = Math.Min(RowsOfPart, Rows - first);
        Matrix part = new(Right.At(0, first, 0), Right.RowStride, Right.ColumnStride);
        MatrixProduct.PackRightRows(part, First + first, rows, Inner, Columns, Packed);
    }
}
