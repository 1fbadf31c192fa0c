using NonLocal.Verification.Blocks;

namespace NonLocal.Verification;

/// <summary>What files can ask for: one line a block, under the name that the published implementation has.</summary>
internal static class BlockTable
{
    private static readonly Dictionary<string, Action<BlockCase>> Builders = new()
    {
        ["Conv1d"] = block => Convolutions.Convolution(block, 1),
        ["Conv2d"] = block => Convolutions.Convolution(block, 2),
        ["Conv3d"] = block => Convolutions.Convolution(block, 3),
        ["Linear"] = Products.Linear,
        ["bmm"] = Products.BatchMatrixProduct,
        ["matmul"] = Products.MatrixProduct,
        ["relu"] = Activations.Relu,
        ["leaky_relu"] = Activations.LeakyRelu,
        ["sigmoid"] = Activations.Sigmoid,
        ["gelu (erf)"] = Activations.Gelu,
        ["swish/SiLU"] = Activations.Swish,
        ["mse vs 0"] = Losses.MeanSquareAgainstZero,
        ["F.normalize"] = Activations.Normalize,
        ["EMAU._l2norm"] = Activations.NormalizeEmau,
        ["permute+reshape"] = Moves.PermuteReshape,
    };

    /// <summary>The names.</summary>
    public static IReadOnlyCollection<string> Names => Builders.Keys;

    /// <summary>The builder of a block.</summary>
    /// <exception cref="UnsupportedBlockException">There is none; the message names the nearest.</exception>
    public static Action<BlockCase> Find(string block) =>
        Builders.TryGetValue(block, out Action<BlockCase>? builder) ? builder
        : block.Length == 0 ? throw new UnsupportedBlockException("the file's metadata names no block.")
        : throw new UnsupportedBlockException($"block '{block}' is not known.{NearestName.Hint(block, Names)}");
}
