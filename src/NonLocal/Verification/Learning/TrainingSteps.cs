using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;
using NonLocal.Training;

namespace NonLocal.Verification.Learning;

/// <summary>Steps of training a <see cref="SmallNetwork"/> with a block in it.</summary>
/// <remarks>
/// Tensors: <c>input.0</c> and <c>target.0</c> are the first batch, <c>loss</c> the loss before every step, <c>grad0.KEY</c> the first
/// gradients, <c>param.KEY</c> and <c>final.KEY</c> parameters and buffers before the first and after the last step.
/// </remarks>
internal static class TrainingSteps
{
    private const string Before = "param.";
    private const string After = "final.";
    private const string FirstGradient = "grad0.";

    /// <summary>Compares losses, first gradients, and what parameters and buffers are at the end.</summary>
    public static IEnumerable<TensorComparison> Check(LearningCase learning)
    {
        CaseConfig config = learning.Config;
        double[] rates = OptimizerConfig.Rates(config, learning.Count(t => $"input.{t}"));
        Optimizer optimizer = OptimizerConfig.Read(config.Text("opt") ?? "SGD", config);
        double? maximumNorm = config.Has("max_norm") ? config.Real("max_norm", 0) : null;
        HashSet<string> skipped = [.. config.Texts("skip_in_final")];

        // What the data were drawn with.
        config.States("seed");
        BlockCase network = new(learning.Tensors, learning.Under(Before), config, training: true);
        Value loss = SmallNetwork.BuildLoss(network);
        network.ExpectEverythingUsed();
        Dictionary<string, double[]> results = Run(learning, network, loss, optimizer, maximumNorm, rates);
        double scale = learning.Under(FirstGradient).Values
            .Select(gradient => CaseComparison.RootMeanSquare(gradient.Content)).DefaultIfEmpty(0).Max();
        return learning.Tensors.Keys.Where(name => IsResult(name) && !(name.StartsWith(After, StringComparison.Ordinal) && IsSkipped(name)))
            .Select(name => Compare(learning, name, results.GetValueOrDefault(name), IsSkipped(name) ? scale : 0));

        bool IsSkipped(string name) => skipped.Contains(name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..]);
    }

    private static bool IsResult(string name) =>
        name == "loss" || name.StartsWith(After, StringComparison.Ordinal) || name.StartsWith(FirstGradient, StringComparison.Ordinal);

    private static Dictionary<string, double[]> Run(
        LearningCase learning, BlockCase network, Value loss, Optimizer optimizer, double? maximumNorm, double[] rates)
    {
        Graph graph = network.Graph;
        StateEntry[] parameters = [.. network.States.Where(state => state.Variable.Kind == VariableKind.Parameter)];
        Value?[] found = Differentiation.Gradients(loss, [.. parameters.Select(state => graph.Read(state.Variable))]);
        parameters = [.. parameters.Where((_, i) => found[i] is not null)];
        Value[] gradients = [.. found.OfType<Value>()];
        OptimizerUpdate update = new(
            graph,
            optimizer,
            [.. parameters.Select(state => state.Variable)],
            maximumNorm is { } maximum ? GradientClipping.ClipByGlobalNorm(gradients, maximum) : gradients);
        RepeatedRun run = new(graph, [loss, .. gradients], learning.Precision);

        Dictionary<string, double[]> results = [];
        double[] losses = new double[rates.Length];
        for (int t = 0; t < rates.Length; t++)
        {
            double[][] outputs = run.Run([.. Batch(learning, network, t), .. update.Rates(rates[t], t + 1)]);
            losses[t] = outputs[0][0];
            for (int i = 0; t == 0 && i < parameters.Length; i++)
            {
                (string key, Variable variable, BorderLayout layout) = parameters[i];
                results[FirstGradient + key] = layout.ToFile(outputs[i + 1], variable.Shape);
            }
        }

        results["loss"] = losses;
        foreach ((string key, Variable variable, BorderLayout layout) in network.States)
        {
            results[After + key] = layout.ToFile(run.ContentOf(variable), variable.Shape);
        }

        return results;
    }

    // The graph's inputs are the feature map and the targets.
    private static IEnumerable<double[]> Batch(LearningCase learning, BlockCase network, int step)
    {
        (_, Value x, BorderLayout layout) = network.Inputs[0];
        yield return layout.ToOurs(learning.Content($"input.{step}", x.Shape.Count), layout.ToFile(x.Shape));
        yield return learning.Content($"target.{step}", x.Shape[0]);
    }

    // The scale is that of all first gradients where this one is zero by mathematics, else 0.
    private static TensorComparison Compare(LearningCase learning, string name, double[]? computed, double scale)
    {
        double[] expected = learning.Given(name).Content;
        double tolerance = name == "loss" ? learning.Tolerances.Output : learning.Tolerances.Gradient;
        if (computed is null || computed.Length != expected.Length)
        {
            return CaseComparison.Of(name, expected, null, tolerance);
        }

        if (CaseComparison.IsCounter(name))
        {
            return new TensorComparison(name, computed[0] - Counted(learning, name, expected[0]), 0);
        }

        return scale == 0
            ? CaseComparison.Of(name, expected, computed, tolerance)
            : new TensorComparison(name, CaseComparison.RootMeanSquare(computed) / scale, Math.Min(CaseTolerances.Zero, tolerance));
    }

    // A file that kept a counter by reference has its last value before the first step too: then it grows by the number of steps.
    private static double Counted(LearningCase learning, string name, double after)
    {
        double before = learning.Given(Before + name[After.Length..]).Content[0];
        return before == after ? before + learning.Count(t => $"input.{t}") : after;
    }
}
