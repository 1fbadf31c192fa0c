using NonLocal.Layers;

namespace NonLocal.Training;

/// <summary>What happens to the parameters at every step, once their gradients are known.</summary>
public sealed record UpdateRule
{
    /// <summary>Moves the parameters.</summary>
    public required Optimizer Optimizer { get; init; }

    /// <summary>
    /// Which parameters decay, by <see cref="Optimizer.WeightDecay"/>; the others do not. Null, the default: all, as in PyTorch. See
    /// <see cref="IsWeight"/>.
    /// </summary>
    public Func<ModuleVariable, bool>? Decays { get; init; }

    /// <summary>
    /// All gradients together are scaled down to this global norm when theirs is larger; null, the default: never. See
    /// <see cref="GradientClipping"/>.
    /// </summary>
    public double? MaximumNorm { get; init; }

    /// <summary>
    /// d of an exponential moving average of the parameters, a ← d·a + (1 − d)·p after every step, which begins at their first values;
    /// null, the default: none.
    /// </summary>
    public double? AverageDecay { get; init; }

    /// <summary>
    /// For <see cref="Decays"/>: parameters with two axes or more. The scales and shifts of norms, biases and gates, which have one or
    /// none, do not decay.
    /// </summary>
    public static bool IsWeight(ModuleVariable parameter) => parameter.Variable.Shape.Rank > 1;

    /// <summary>The decay of one parameter.</summary>
    internal double DecayOf(ModuleVariable parameter) => Decays is null || Decays(parameter) ? Optimizer.WeightDecay : 0;
}
