using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Softmax along any axis. Entries of −∞ are masked.</summary>
internal static class Softmaxes
{
    /// <summary><c>F.softmax</c>.</summary>
    public static void Softmax(BlockCase block) => block.OutputPlain(block.Plain().Softmax(block.Config.Whole("dim", -1)));

    /// <summary><c>F.log_softmax</c>.</summary>
    public static void LogSoftmax(BlockCase block) => block.OutputPlain(block.Plain().LogSoftmax(block.Config.Whole("dim", -1)));
}
