using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Functions of each element, and normalisation to unit length.</summary>
internal static class Activations
{
    /// <summary><c>torch.relu</c>.</summary>
    public static void Relu(BlockCase block) => block.OutputPlain(block.Plain().Relu());

    /// <summary><c>F.leaky_relu</c>.</summary>
    public static void LeakyRelu(BlockCase block) => block.OutputPlain(block.Plain().LeakyRelu(block.Config.Real("negative_slope", 0.01)));

    /// <summary><c>torch.sigmoid</c>.</summary>
    public static void Sigmoid(BlockCase block) => block.OutputPlain(block.Plain().Sigmoid());

    /// <summary><c>torch.tanh</c>.</summary>
    public static void HyperbolicTangent(BlockCase block) => block.OutputPlain(block.Plain().HyperbolicTangent());

    /// <summary><c>F.gelu</c>, the exact form.</summary>
    public static void Gelu(BlockCase block) => block.OutputPlain(block.Plain().Gelu());

    /// <summary><c>F.silu</c>.</summary>
    public static void Swish(BlockCase block) => block.OutputPlain(block.Plain().Swish());

    /// <summary><c>F.normalize</c>: x / max(‖x‖, eps) along one axis.</summary>
    public static void Normalize(BlockCase block)
    {
        block.Config.Only("p", "2");
        block.Config.Only("form", "x / max(norm, eps)");
        double epsilon = block.Config.Real("eps", 1e-12);
        Value x = block.Plain();
        block.OutputPlain(x / Length(block, x).Maximum(epsilon));
    }

    /// <summary>EMANet's own form: x / (1e-6 + ‖x‖).</summary>
    public static void NormalizeEmau(BlockCase block)
    {
        block.Config.Only("form", "x / (1e-6 + norm)");
        Value x = block.Plain();
        block.OutputPlain(x / (Length(block, x) + 1e-6));
    }

    private static Value Length(BlockCase block, Value x) => x.Square().Sum(block.Config.Whole("dim", 1)).SquareRoot();
}
