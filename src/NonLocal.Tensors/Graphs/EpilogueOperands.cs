using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>The inputs of an <see cref="Epilogue"/>, found once; their addresses are read when the step runs.</summary>
internal sealed unsafe class EpilogueOperands
{
    private readonly Operand? bias;
    private readonly Operand? residual;
    private readonly bool relu;

    /// <summary>The epilogue's inputs are those of the binding from <paramref name="first"/> on.</summary>
    public EpilogueOperands(Epilogue epilogue, Binding binding, int first)
    {
        bias = epilogue.Bias ? binding.Inputs[first] : null;
        residual = epilogue.Residual ? binding.Inputs[^1] : null;
        relu = epilogue.Activation == Activation.Relu;
    }

    /// <summary>The kernel's epilogue for an output [batch, rows, columns] without gaps.</summary>
    /// <param name="columns">Columns of the output, which is also the distance of its rows.</param>
    /// <param name="residualBatchStride">Floats from one product's residual to the next.</param>
    /// <param name="biasBatchStride">Floats from one product's bias to the next.</param>
    public ProductEpilogue Bind(int columns, nint residualBatchStride, nint biasBatchStride = 0) => new()
    {
        Bias = bias == null ? null : bias.Pointer,
        BiasBatchStride = biasBatchStride,
        Residual = residual == null ? default : new Matrix(residual.Pointer, columns, 1, residualBatchStride),
        Relu = relu,
    };
}
