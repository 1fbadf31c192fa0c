using NonLocal.Layers;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Matrix products as PyTorch's functions do them.</summary>
internal static class Products
{
    /// <summary><c>torch.bmm</c>: [n, rows, inner] · [n, inner, columns].</summary>
    public static void BatchMatrixProduct(BlockCase block) => block.OutputPlain(block.Plain().MatMul(block.Plain("input.1")));

    /// <summary><c>torch.matmul</c> of matrices, or of stacks of them.</summary>
    public static void MatrixProduct(BlockCase block) => block.OutputPlain(block.Plain().MatMul(block.Plain("input.1")));

    /// <summary><c>nn.Linear</c> over the last axis.</summary>
    public static void Linear(BlockCase block)
    {
        Linear layer = new(block.Channels("in_features"), block.Channels("out_features"), block.Config.Flag("bias", true));
        block.OutputPlain(block.Use(layer).Forward(block.Plain()));
    }
}
