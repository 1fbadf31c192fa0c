using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;
using NonLocal.Training;

namespace NonLocal.Verification.Learning;

/// <summary>Steps of an optimiser with given gradients.</summary>
/// <remarks>
/// Tensors: <c>p0.step0</c> is parameter 0 before the first step, <c>g0.step1</c> its gradient at the first step, <c>p0.step1</c> the
/// parameter after it, <c>s0.NAME</c> the optimiser's state at the end.
/// </remarks>
internal static class OptimizerSteps
{
    /// <summary>Compares all parameters after all steps, and the state at the end.</summary>
    /// <param name="algorithm">The class in <c>torch.optim</c>.</param>
    /// <param name="learning">The file.</param>
    public static IEnumerable<TensorComparison> Check(string algorithm, LearningCase learning)
    {
        int count = learning.Count(j => $"p{j}.step0");
        int steps = learning.Count(t => $"g0.step{t}", first: 1);
        Optimizer optimizer = OptimizerConfig.Read(algorithm, learning.Config);
        double[] rates = OptimizerConfig.Rates(learning.Config, steps);
        learning.Config.ExpectAllRead();
        Dictionary<string, double[]> results = Run(learning, optimizer, rates, count);
        return learning.Tensors.Keys.Where(IsResult)
            .Select(name => learning.Compare(name, results.GetValueOrDefault(name), learning.Tolerances.Output));
    }

    private static bool IsResult(string name) => !name.StartsWith('g') && !name.EndsWith(".step0", StringComparison.Ordinal);

    private static Dictionary<string, double[]> Run(LearningCase learning, Optimizer optimizer, double[] rates, int count)
    {
        Graph graph = new();
        Variable[] parameters = [.. Enumerable.Range(0, count).Select(j => Parameter(learning.Given($"p{j}.step0"), $"p{j}"))];
        Value[] gradients = [.. parameters.Select(parameter => graph.Input("gradient", parameter.Shape))];
        OptimizerUpdate update = new(graph, optimizer, parameters, gradients);
        RepeatedRun run = new(graph, [], learning.Precision);
        Dictionary<string, double[]> results = [];
        for (int t = 1; t <= rates.Length; t++)
        {
            IEnumerable<double[]> fed = parameters.Select((parameter, j) => learning.Content($"g{j}.step{t}", parameter.Shape.Count));
            run.Run([.. fed, .. update.Rates(rates[t - 1], t)]);
            for (int j = 0; j < count; j++)
            {
                results[$"p{j}.step{t}"] = run.ContentOf(parameters[j]);
            }
        }

        for (int j = 0; j < count; j++)
        {
            results[$"s{j}.step"] = [rates.Length];
            foreach (Variable slot in update.Slots[j])
            {
                results[$"s{j}.{slot.Name}"] = run.ContentOf(slot);
            }
        }

        return results;
    }

    private static Variable Parameter(CaseTensor first, string name) =>
        new(name, Tensor.From(first.Shape, BlockCase.Single(first.Content)));
}
