using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;
using NonLocal.Training;

namespace NonLocal.Verification.Learning;

/// <summary>An optimiser's step for some parameters, added to a graph, and the state that it keeps for them.</summary>
internal sealed class OptimizerUpdate
{
    private readonly Optimizer optimizer;

    /// <summary>Adds the step: an input for each rate, and the assignments of parameters and slots.</summary>
    /// <param name="graph">Where to.</param>
    /// <param name="optimizer">The rule.</param>
    /// <param name="parameters">What is moved.</param>
    /// <param name="gradients">One for each.</param>
    public OptimizerUpdate(Graph graph, Optimizer optimizer, IReadOnlyList<Variable> parameters, IReadOnlyList<Value> gradients)
    {
        this.optimizer = optimizer;
        Slots = [.. parameters.Select(SlotsOf)];
        Value[] rates = [.. Enumerable.Range(0, optimizer.RateCount).Select(i => graph.Input($"rate {i}", Shape.Scalar))];
        for (int i = 0; i < parameters.Count; i++)
        {
            Value moved = optimizer.Step(graph.Read(parameters[i]), gradients[i], Slots[i], rates, optimizer.WeightDecay);
            graph.Assign(parameters[i], moved);
        }
    }

    /// <summary>For every parameter, its slots in the order of <see cref="Optimizer.SlotNames"/>.</summary>
    public IReadOnlyList<Variable[]> Slots { get; }

    /// <summary>What the inputs of a step are fed with.</summary>
    /// <param name="learningRate">The rate of this step.</param>
    /// <param name="step">1 for the first.</param>
    public IEnumerable<double[]> Rates(double learningRate, long step)
    {
        double[] numbers = new double[optimizer.RateCount];
        optimizer.Rates(learningRate, step, numbers);
        return numbers.Select(number => (double[])[number]);
    }

    private Variable[] SlotsOf(Variable parameter) =>
        [.. optimizer.SlotNames.Select(name => new Variable(name, new Tensor(parameter.Shape), VariableKind.State))];
}
