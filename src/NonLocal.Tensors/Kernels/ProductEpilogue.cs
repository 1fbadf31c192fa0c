using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// What happens to a finished sum before it is written: + old content, + bias, + residual, then max(x, 0). The default does nothing.
/// </summary>
public unsafe struct ProductEpilogue
{
    /// <summary>Added to every row, one number for each column; null: none.</summary>
    public float* Bias;

    /// <summary>Floats from the bias of one product of the batch to the next.</summary>
    public nint BiasBatchStride;

    /// <summary>Added element by element, rows contiguous; null data: none. May not be the output's own memory.</summary>
    public Matrix Residual;

    /// <summary>Negative results become 0; NaN stays.</summary>
    public bool Relu;

    /// <summary>Adds to what the output holds.</summary>
    public bool Accumulate;

    /// <summary>This epilogue for product <paramref name="batch"/>, beginning at a column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly ProductEpilogue At(nint batch, nint column) => this with
    {
        Bias = Bias == null ? null : Bias + (batch * BiasBatchStride) + column,
        Residual = Residual.Data == null ? default : new Matrix(Residual.At(batch, 0, column), Residual.RowStride),
    };

    /// <summary>Writes part of a row.</summary>
    /// <param name="sums">What was summed up.</param>
    /// <param name="to">Where it goes; <paramref name="row"/> is its row number (for the residual).</param>
    /// <param name="row">Row of the output.</param>
    /// <param name="columns">How many columns, beginning at this epilogue's first.</param>
    /// <param name="add">Whether <paramref name="to"/> holds a part of the sum already.</param>
    /// <param name="last">Whether the sum is complete.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly void Write<T>(float* sums, float* to, nint row, int columns, bool add, bool last)
        where T : unmanaged, ISimd<T>
    {
        float* residual = last && Residual.Data != null ? Residual.Data + (row * Residual.RowStride) : null;
        float* bias = last ? Bias : null;
        bool relu = last && Relu;
        int j = 0;
        for (; j + T.Width <= columns; j += T.Width)
        {
            T value = T.Load(sums + j);
            value = add ? value + T.Load(to + j) : value;
            value = bias != null ? value + T.Load(bias + j) : value;
            value = residual != null ? value + T.Load(residual + j) : value;
            T.Store(relu ? T.Max(value, T.Zero) : value, to + j);
        }

        for (; j < columns; j++)
        {
            float value = sums[j];
            value = add ? value + to[j] : value;
            value = bias != null ? value + bias[j] : value;
            value = residual != null ? value + residual[j] : value;
            to[j] = relu ? MathF.Max(value, 0) : value;
        }
    }
}
