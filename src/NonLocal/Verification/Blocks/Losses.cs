using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Losses.</summary>
internal static class Losses
{
    /// <summary><c>F.mse_loss(x, 0)</c>: the mean of x².</summary>
    public static void MeanSquareAgainstZero(BlockCase block) => block.OutputPlain(block.Plain().Square().Mean().Reshape(Shape.Scalar));
}
