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

    /// <summary>Writes two registers of columns of some rows: the same as <see cref="Write"/> row by row, decided once.</summary>
    /// <param name="sums">[rows, two registers].</param>
    /// <param name="to">The first column of row 0 of the output.</param>
    /// <param name="stride">Floats from one row of the output to the next.</param>
    /// <param name="numbers">Which row of the output, and of the residual, each row is.</param>
    /// <param name="rows">How many.</param>
    /// <param name="add">Whether the output holds a part of the sums already.</param>
    /// <param name="last">Whether the sums are complete.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal readonly void WriteWide<T>(float* sums, float* to, nint stride, nint* numbers, int rows, bool add, bool last)
        where T : unmanaged, ISimd<T>
    {
        bool hasBias = last && Bias != null;
        T bias0 = hasBias ? T.Load(Bias) : T.Zero;
        T bias1 = hasBias ? T.Load(Bias + T.Width) : T.Zero;
        float* residual = last ? Residual.Data : null;
        T least = last && Relu ? T.Zero : T.Broadcast(float.NegativeInfinity);
        for (int i = 0; i < rows; i++, sums += 2 * T.Width)
        {
            float* row = to + (numbers[i] * stride);
            T value0 = T.Load(sums);
            T value1 = T.Load(sums + T.Width);
            if (add)
            {
                value0 += T.Load(row);
                value1 += T.Load(row + T.Width);
            }

            value0 += bias0;
            value1 += bias1;
            if (residual != null)
            {
                float* other = residual + (numbers[i] * Residual.RowStride);
                value0 += T.Load(other);
                value1 += T.Load(other + T.Width);
            }

            T.Store(T.Max(value0, least), row);
            T.Store(T.Max(value1, least), row + T.Width);
        }
    }
}
