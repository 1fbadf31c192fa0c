using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Functions that only move elements.</summary>
internal static class Moves
{
    /// <summary><c>x.permute(perm).reshape(…)</c>, to the shape that the file's output has.</summary>
    public static void PermuteReshape(BlockCase block) =>
        block.OutputPlain(block.Plain().Permute(block.Config.List("perm")).Reshape(block.Given("output").Shape));

    /// <summary><c>F.pad</c> with a constant: pairs (before, after), from the last axis of the file's order backwards.</summary>
    public static void Pad(BlockCase block)
    {
        CaseConfig config = block.Config;
        config.Only("mode", "constant");
        int[] pairs = config.List("pad");
        Value x = block.Plain();
        int rank = x.Shape.Rank;
        if (pairs.Length % 2 != 0 || pairs.Length > 2 * rank || pairs.Any(places => places < 0))
        {
            throw new UnsupportedBlockException(
                $"config key 'pad' is [{string.Join(", ", pairs)}], expected a pair of numbers from 0 for each of at most {rank} axes.");
        }

        // Text for people, but another order would be another function.
        if (config.Text("order") is { } order && !order.StartsWith("(left,right", StringComparison.Ordinal))
        {
            throw new UnsupportedBlockException($"config key 'order' is '{order}', expected (left,right,top,bottom).");
        }

        int[] begin = new int[rank];
        int[] end = new int[rank];
        for (int i = 0; i < pairs.Length / 2; i++)
        {
            begin[rank - 1 - i] = pairs[2 * i];
            end[rank - 1 - i] = pairs[(2 * i) + 1];
        }

        block.OutputPlain(x.Pad(new Shape(begin), new Shape(end), config.Real("value", 0)));
    }
}
