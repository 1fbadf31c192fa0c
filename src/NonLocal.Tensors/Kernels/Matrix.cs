namespace NonLocal.Tensors.Kernels;

/// <summary>A batch of matrices in memory. Either stride may be the unit; a batch stride of 0 shares one matrix.</summary>
public readonly unsafe struct Matrix
{
    /// <summary>Element (i, j) of matrix b lies at data[b·batchStride + i·rowStride + j·columnStride].</summary>
    public Matrix(float* data, nint rowStride, nint columnStride = 1, nint batchStride = 0)
    {
        Data = data;
        RowStride = rowStride;
        ColumnStride = columnStride;
        BatchStride = batchStride;
    }

    /// <summary>Element (0, 0) of matrix 0.</summary>
    public float* Data { get; }

    /// <summary>Floats from one row to the next.</summary>
    public nint RowStride { get; }

    /// <summary>Floats from one column to the next.</summary>
    public nint ColumnStride { get; }

    /// <summary>Floats from one matrix to the next.</summary>
    public nint BatchStride { get; }

    /// <summary>The same memory with rows and columns exchanged.</summary>
    public Matrix Transposed => new(Data, ColumnStride, RowStride, BatchStride);

    internal float* At(nint batch, nint row, nint column) =>
        Data + (batch * BatchStride) + (row * RowStride) + (column * ColumnStride);
}
