namespace NonLocal.Tensors.Kernels;

/// <summary>A batch of tables in memory: [batch, rows, channels] with contiguous channels and any distance between rows.</summary>
/// <remarks>A slice of the channels of a wider map is such a table, so kernels read and write views without a copy.</remarks>
public readonly unsafe struct BatchedRows
{
    /// <summary>The table that starts at <paramref name="data"/>.</summary>
    /// <param name="data">The first channel of the first row of the first table.</param>
    /// <param name="rowStride">Floats from one row to the next; at least the number of channels.</param>
    /// <param name="batchStride">Floats from one table to the next.</param>
    public BatchedRows(float* data, nint rowStride, nint batchStride)
    {
        Data = data;
        RowStride = rowStride;
        BatchStride = batchStride;
    }

    /// <summary>The first channel of the first row of the first table.</summary>
    public float* Data { get; }

    /// <summary>Floats from one row to the next.</summary>
    public nint RowStride { get; }

    /// <summary>Floats from one table to the next.</summary>
    public nint BatchStride { get; }

    /// <summary>The first channel of one row.</summary>
    public float* Row(nint batch, nint row) => Data + (batch * BatchStride) + (row * RowStride);
}
