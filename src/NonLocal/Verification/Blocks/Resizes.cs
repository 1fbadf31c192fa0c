using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary><c>F.interpolate</c>.</summary>
internal static class Resizes
{
    /// <summary>Mode linear, bilinear or trilinear: as many spatial axes as the input has.</summary>
    public static void Linear(BlockCase block)
    {
        Value x = block.Map();
        block.OutputMap(x.ResizeLinear(Positions(block.Config, x), block.Config.Flag("align_corners", false)));
    }

    /// <summary>Mode nearest.</summary>
    public static void Nearest(BlockCase block)
    {
        Value x = block.Map();
        block.OutputMap(x.ResizeNearest(Positions(block.Config, x)));
    }

    private static Shape Positions(CaseConfig config, Value x)
    {
        int axes = x.Shape.Rank - 2;
        if (!config.States("scale_factor") || !config.Has("scale_factor"))
        {
            return new Shape(config.PerAxis("size", axes));
        }

        int[] factors = config.PerAxis("scale_factor", axes);
        return new Shape([.. factors.Select((factor, axis) => checked(factor * x.Shape[axis + 1]))]);
    }
}
