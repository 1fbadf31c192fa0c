using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Functions that only move elements.</summary>
internal static class Moves
{
    /// <summary><c>x.permute(perm).reshape(n, -1)</c>.</summary>
    public static void PermuteReshape(BlockCase block)
    {
        Value moved = block.Plain().Permute(block.Config.List("perm"));
        block.OutputPlain(moved.Reshape([moved.Shape[0], (int)(moved.Shape.Count / moved.Shape[0])]));
    }
}
