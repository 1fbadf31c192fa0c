using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Losses.</summary>
internal static class Losses
{
    /// <summary><c>F.mse_loss(x, 0)</c>: the mean of x².</summary>
    public static void MeanSquareAgainstZero(BlockCase block) => block.OutputPlain(block.Plain().Square().Mean().Reshape(Shape.Scalar));

    /// <summary>
    /// <c>F.cross_entropy</c> with class targets: logits <c>input</c> (N, C, …), <c>target</c> (N, …), perhaps <c>weight</c> (C).
    /// </summary>
    public static void CrossEntropy(BlockCase block)
    {
        CaseConfig config = block.Config;
        config.Only("weight", "tensor weight");
        Value logits = block.Map();
        int rows = (int)logits.Shape.Rows;
        LossReduction reduction = Reduction(config);
        Value loss = logits.Reshape([rows, logits.Shape.Last]).CrossEntropy(
            block.Data("target").Reshape([rows]),
            config.Has("weight") ? block.Data("weight") : null,
            reduction,
            config.Real("label_smoothing", 0),
            config.Whole("ignore_index", -100));
        block.OutputPlain(reduction == LossReduction.None ? loss.Reshape(block.Given("target").Shape) : loss);
    }

    private static LossReduction Reduction(CaseConfig config) => config.Text("reduction") switch
    {
        null or "mean" => LossReduction.Mean,
        "sum" => LossReduction.Sum,
        "none" => LossReduction.None,
        string other => throw new UnsupportedBlockException(
            $"config key 'reduction' is '{other}'.{NearestName.Hint(other, ["mean", "sum", "none"])}"),
    };
}
