using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>A matrix operand of a product: batch matrices [rows, columns] without gaps, each stored transposed or not.</summary>
/// <param name="Operand">Where they lie.</param>
/// <param name="Transposed">Whether they are stored as [columns, rows].</param>
/// <param name="Shared">One matrix serves the whole batch.</param>
internal readonly record struct ProductFactor(Operand Operand, bool Transposed, bool Shared)
{
    /// <summary>The matrices at <paramref name="data"/>.</summary>
    public unsafe Matrix View(float* data, int rows, int columns)
    {
        nint batchStride = Shared ? 0 : (nint)rows * columns;
        return Transposed ? new Matrix(data, 1, rows, batchStride) : new Matrix(data, columns, 1, batchStride);
    }

    /// <summary>The matrices at the operand's address.</summary>
    public unsafe Matrix View(int rows, int columns) => View(Operand.Pointer, rows, columns);
}

/// <summary>Binds one (batched) matrix product to the kernel.</summary>
internal static unsafe class ProductBinding
{
    /// <summary>
    /// The step that writes the binding's first output. A shared right matrix (input 1) made of variables is packed once.
    /// </summary>
    public static Step Bind(Binding binding, ProductSizes sizes, ProductFactor left, ProductFactor right, Epilogue epilogue = default)
    {
        (int m, int n, int k) = (sizes.Rows, sizes.Columns, sizes.Inner);
        WorkerPool pool = binding.Pool;
        Operand output = binding.Outputs[0];
        Operand? packed = right.Shared && k > 0 && (left.Transposed || !MatrixProduct.PrefersUnpacked(sizes))
            ? binding.Packed(
                1,
                $"right panels {k}x{n}{(right.Transposed ? " transposed" : "")} {SimdWidth.Bits}",
                MatrixProduct.PackedFloats(k, n),
                (source, panels) => MatrixProduct.PackRight(pool, right.View(source, k, n), k, n, panels))
            : null;
        Operand scratch = binding.Scratch(MatrixProduct.ScratchFloats(sizes, pool.Threads));
        EpilogueOperands operands = new(epilogue, binding, 2);
        nint outputBatch = (nint)m * n;
        return () => MatrixProduct.Multiply(
            pool,
            sizes,
            left.View(m, k),
            right.View(k, n),
            packed == null ? null : packed.Pointer,
            new Matrix(output.Pointer, n, 1, outputBatch),
            operands.Bind(n, outputBatch),
            scratch.Pointer);
    }
}
