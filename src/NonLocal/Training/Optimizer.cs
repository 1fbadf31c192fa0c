using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Training;

/// <summary>
/// A rule that moves parameters against their gradients. Adds nodes to a graph; the numbers that change from step to step are fed.
/// </summary>
/// <remarks>
/// Rates are worked out in double outside the graph (<see cref="Rates"/>), because powers such as 0.999ᵗ lose their digits in float.
/// </remarks>
public abstract record Optimizer
{
    /// <summary>How many numbers <see cref="Rates"/> writes.</summary>
    public abstract int RateCount { get; }

    /// <summary>Names of the state kept for every parameter, as PyTorch's optimiser state calls them.</summary>
    public abstract IReadOnlyList<string> SlotNames { get; }

    /// <summary>What the graph is fed with at a step.</summary>
    /// <param name="learningRate">The rate of this step.</param>
    /// <param name="step">1 for the first step.</param>
    /// <param name="rates">[<see cref="RateCount"/>]: written here.</param>
    public abstract void Rates(double learningRate, long step, Span<double> rates);

    /// <summary>The parameter after the step; assigns the new state of its slots.</summary>
    /// <param name="parameter">Its value before the step.</param>
    /// <param name="gradient">Its gradient, of the same shape.</param>
    /// <param name="slots">
    /// One state variable for each of <see cref="SlotNames"/>, of the parameter's shape, zero before the first step.
    /// </param>
    /// <param name="rates">[<see cref="RateCount"/>]: what <see cref="Rates"/> wrote.</param>
    /// <param name="weightDecay">The decay of this parameter.</param>
    public abstract Value Step(
        Value parameter, Value gradient, IReadOnlyList<Variable> slots, IReadOnlyList<Value> rates, double weightDecay);

    /// <summary>Decay of parameters for which nothing else is said.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Steps along the gradient instead of against it.</summary>
    public bool Maximize { get; init; }

    /// <summary>−gradient when maximising.</summary>
    protected Value Signed(Value gradient) => Maximize ? -gradient : gradient;

    /// <summary>Reads a slot and assigns what <paramref name="next"/> makes of it.</summary>
    protected static Value Advance(Variable slot, Graph graph, Func<Value, Value> next)
    {
        Value value = next(graph.Read(slot));
        graph.Assign(slot, value);
        return value;
    }
}

/// <summary>
/// Stochastic gradient descent with PyTorch's momentum: v ← μ·v + (1 − dampening)·g, p ← p − rate·v. The rate does not scale v.
/// </summary>
public sealed record Sgd : Optimizer
{
    /// <summary>μ; 0 for none.</summary>
    public double Momentum { get; init; }

    /// <summary>Takes this part of the gradient away from the momentum, but not at the first step.</summary>
    public double Dampening { get; init; }

    /// <summary>Looks one step ahead: p ← p − rate·(g + μ·v).</summary>
    public bool Nesterov { get; init; }

    /// <inheritdoc/>
    public override int RateCount => 2;

    /// <inheritdoc/>
    public override IReadOnlyList<string> SlotNames => Momentum == 0 ? [] : ["momentum_buffer"];

    /// <inheritdoc/>
    public override void Rates(double learningRate, long step, Span<double> rates) =>
        (rates[0], rates[1]) = (learningRate, step == 1 ? 1 : 1 - Dampening);

    /// <inheritdoc/>
    public override Value Step(
        Value parameter, Value gradient, IReadOnlyList<Variable> slots, IReadOnlyList<Value> rates, double weightDecay)
    {
        Value g = Signed(gradient);
        g = weightDecay == 0 ? g : g + (parameter * weightDecay);
        if (Momentum != 0)
        {
            Value velocity = Advance(slots[0], g.Graph, before => (before * Momentum) + (g * rates[1]));
            g = Nesterov ? g + (velocity * Momentum) : velocity;
        }

        return parameter - (g * rates[0]);
    }
}

/// <summary>
/// Adam (Kingma and Ba 2015) and, with <see cref="Decoupled"/>, AdamW (Loshchilov and Hutter 2019), as PyTorch computes them.
/// </summary>
public sealed record Adam : Optimizer
{
    /// <summary>Decay of the mean of gradients.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean of squared gradients.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second mean.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Divides by the largest second mean so far (AMSGrad).</summary>
    public bool AmsGrad { get; init; }

    /// <summary>Weight decay shrinks the parameter directly (AdamW) instead of joining the gradient.</summary>
    public bool Decoupled { get; init; }

    /// <inheritdoc/>
    public override int RateCount => 3;

    /// <inheritdoc/>
    public override IReadOnlyList<string> SlotNames => AmsGrad ? ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"] : ["exp_avg", "exp_avg_sq"];

    /// <summary>rate ÷ (1 − β₁ᵗ), 1 ÷ √(1 − β₂ᵗ), rate.</summary>
    public override void Rates(double learningRate, long step, Span<double> rates)
    {
        rates[0] = learningRate / (1 - Math.Pow(Beta1, step));
        rates[1] = 1 / Math.Sqrt(1 - Math.Pow(Beta2, step));
        rates[2] = learningRate;
    }

    /// <inheritdoc/>
    public override Value Step(
        Value parameter, Value gradient, IReadOnlyList<Variable> slots, IReadOnlyList<Value> rates, double weightDecay)
    {
        Value g = Signed(gradient);
        Value p = parameter;
        if (weightDecay != 0)
        {
            (p, g) = Decoupled ? (p - (p * (rates[2] * weightDecay)), g) : (p, g + (p * weightDecay));
        }

        Value mean = Advance(slots[0], g.Graph, before => (before * Beta1) + (g * (1 - Beta1)));
        Value square = Advance(slots[1], g.Graph, before => (before * Beta2) + (g * g * (1 - Beta2)));
        if (AmsGrad)
        {
            square = Advance(slots[2], g.Graph, before => before.Maximum(square));
        }

        Value scale = (square.SquareRoot() * rates[1]) + Epsilon;
        return p - (mean / scale * rates[0]);
    }
}
