using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public class WeightedRowsTests
{
    // Parts of the rows, rows that are no multiple of eight, columns that fill no register; the last two are too small for this route.
    [Theory]
    [InlineData(1, 4096, 64)]
    [InlineData(3, 1003, 71)]
    [InlineData(2, 517, 33)]
    [InlineData(1, 9, 40_001)]
    [InlineData(2, 1003, 31)]
    [InlineData(2, 7, 71)]
    public void MatMul_WithAVector_EqualsTheDefinitionOnEitherSide(int batch, int rows, int columns)
    {
        Shape table = [batch, rows, columns];
        Shape weights = [batch, rows, 1];
        KernelCheck.Run(new MatMul(TransposeLeft: true), [weights, table]);
        KernelCheck.Run(new MatMul(TransposeLeft: true), [table, weights]);
        KernelCheck.Run(new MatMul(), [[batch, 1, rows], table]);
        KernelCheck.Run(new MatMul(TransposeLeft: true), [table, [rows, 1]]);
    }

    [Fact]
    public void MatMul_WithAVectorAndAnEpilogue_EqualsTheDefinition()
    {
        Epilogue epilogue = new(Bias: true, Residual: true, Activation: Activation.Relu);
        KernelCheck.Run(new MatMul(TransposeLeft: true, Epilogue: epilogue), [[2, 600, 1], [2, 600, 50], [50], [2, 1, 50]]);
        KernelCheck.Run(new MatMul(TransposeLeft: true, Epilogue: epilogue), [[2, 600, 50], [2, 600, 1], [1], [2, 50, 1]]);
        KernelCheck.Run(
            new MatMul(TransposeLeft: true, Epilogue: new(Activation: Activation.Relu)), [[2, 600, 50], [2, 600, 1]]);
    }
}
