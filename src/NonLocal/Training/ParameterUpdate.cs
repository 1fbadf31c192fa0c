using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Training;

/// <summary>
/// The state that an <see cref="UpdateRule"/> keeps for the parameters of a module, and the work that moves them: clipping, optimiser,
/// moving average.
/// </summary>
public sealed class ParameterUpdate
{
    private readonly UpdateRule rule;
    private readonly Dictionary<Variable, Variable[]> slots = [];
    private readonly Dictionary<Variable, Variable> averages = [];

    /// <summary>State for all parameters of a module: optimiser slots are zero, averages equal the parameters.</summary>
    /// <param name="module">Variables that nobody has written yet get their first values.</param>
    /// <param name="rule">What happens at a step.</param>
    public ParameterUpdate(Module module, UpdateRule rule)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(rule);
        module.EnsureInitialized();
        this.rule = rule;
        Parameters =
        [
            .. module.Variables().Where(entry => entry.Variable.Kind == VariableKind.Parameter).DistinctBy(entry => entry.Variable),
        ];
        foreach (ModuleVariable parameter in Parameters)
        {
            slots[parameter.Variable] = [.. rule.Optimizer.SlotNames.Select(slot => StateFor(parameter, slot))];
            if (rule.AverageDecay is not null)
            {
                averages[parameter.Variable] = StateFor(parameter, "average");
            }
        }

        ResetAverages();
    }

    /// <summary>What is moved, each once.</summary>
    public IReadOnlyList<ModuleVariable> Parameters { get; }

    /// <summary>What happens at a step.</summary>
    public UpdateRule Rule => rule;

    /// <summary>The optimiser's state of a parameter, one for each of <see cref="Optimizer.SlotNames"/>.</summary>
    public IReadOnlyList<Variable> SlotsOf(Variable parameter) => slots[parameter];

    /// <summary>The moving average of a parameter; null without <see cref="UpdateRule.AverageDecay"/>.</summary>
    public Variable? AverageOf(Variable parameter) => averages.GetValueOrDefault(parameter);

    /// <summary>Lets the averages begin again at what the parameters hold now, as after a load of published weights.</summary>
    public void ResetAverages()
    {
        foreach ((Variable parameter, Variable average) in averages)
        {
            average.Set(parameter.Value.Span);
        }
    }

    /// <summary>
    /// Exchanges parameters and averages, so that the network answers with its averages until the next call; nothing without them.
    /// </summary>
    public void SwapAverages()
    {
        foreach ((Variable parameter, Variable average) in averages)
        {
            Span<float> left = parameter.Value.Span;
            Span<float> right = average.Value.Span;
            for (int i = 0; i < left.Length; i++)
            {
                (left[i], right[i]) = (right[i], left[i]);
            }

            parameter.MarkChanged();
            average.MarkChanged();
        }
    }

    /// <summary>Adds the update of the given parameters to a graph.</summary>
    /// <param name="graph">Gets an input for each of the optimiser's rates, named <c>rate 0</c> and so on.</param>
    /// <param name="parameters">Some of <see cref="Parameters"/>.</param>
    /// <param name="gradients">One for each.</param>
    /// <returns>The global norm of the gradients before clipping, or null without clipping.</returns>
    internal Value? AddTo(Graph graph, IReadOnlyList<ModuleVariable> parameters, IReadOnlyList<Value> gradients)
    {
        Value? norm = null;
        if (rule.MaximumNorm is { } maximum)
        {
            norm = GradientClipping.GlobalNorm(gradients);
            gradients = GradientClipping.ClipByGlobalNorm(gradients, maximum);
        }

        Value[] rates = [.. Enumerable.Range(0, rule.Optimizer.RateCount).Select(i => graph.Input(RateName(i), Shape.Scalar))];
        for (int i = 0; i < parameters.Count; i++)
        {
            Variable parameter = parameters[i].Variable;
            Value moved = rule.Optimizer.Step(
                graph.Read(parameter), gradients[i], slots[parameter], rates, rule.DecayOf(parameters[i]));
            graph.Assign(parameter, moved);
            if (rule.AverageDecay is { } decay)
            {
                Variable average = averages[parameter];
                graph.Assign(average, (graph.Read(average) * decay) + (moved * (1 - decay)));
            }
        }

        return norm;
    }

    internal static string RateName(int index) => $"rate {index}";

    private static Variable StateFor(ModuleVariable parameter, string what) =>
        new($"{parameter.Name}.{what}", new Tensor(parameter.Variable.Shape), VariableKind.State);
}
