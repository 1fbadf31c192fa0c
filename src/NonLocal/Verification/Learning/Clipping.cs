using NonLocal.Tensors.Graphs;
using NonLocal.Training;

namespace NonLocal.Verification.Learning;

/// <summary>
/// <c>torch.nn.utils.clip_grad_norm_</c> with the Euclidean norm: gradients <c>grad0.before</c>, … and <c>grad0.after</c>, …, and
/// <c>total_norm</c> before clipping.
/// </summary>
internal static class Clipping
{
    /// <summary>Compares norm and clipped gradients.</summary>
    public static IEnumerable<TensorComparison> Check(LearningCase learning)
    {
        double maximum = Configured(learning.Config);
        int count = learning.Count(j => $"grad{j}.before");
        if (count == 0)
        {
            throw new UnsupportedBlockException("the file has no tensor 'grad0.before'.");
        }

        Graph graph = new();
        Value[] gradients = [.. Enumerable.Range(0, count).Select(j => graph.Input($"grad{j}", learning.Given($"grad{j}.before").Shape))];
        Value[] outputs = [GradientClipping.GlobalNorm(gradients), .. GradientClipping.ClipByGlobalNorm(gradients, maximum)];
        double[][] found = new RepeatedRun(graph, outputs, learning.Precision)
            .Run([.. Enumerable.Range(0, count).Select(j => learning.Given($"grad{j}.before").Content)]);
        Dictionary<string, double[]> results = new() { ["total_norm"] = found[0] };
        for (int j = 0; j < count; j++)
        {
            results[$"grad{j}.after"] = found[j + 1];
        }

        return learning.Tensors.Keys.Where(name => !name.EndsWith(".before", StringComparison.Ordinal))
            .Select(name => learning.Compare(name, results.GetValueOrDefault(name), learning.Tolerances.Output));
    }

    private static double Configured(CaseConfig config)
    {
        if (!config.Has("max_norm"))
        {
            throw new UnsupportedBlockException("config key 'max_norm' is missing.");
        }

        config.Only("norm_type", "2");
        config.Only("eps", "1E-06");
        config.Only("error_if_nonfinite", "false");
        config.States("foreach");

        // The formula as text, for people.
        config.States("form");
        double maximum = config.Real("max_norm", 0);
        config.ExpectAllRead();
        return maximum;
    }
}
