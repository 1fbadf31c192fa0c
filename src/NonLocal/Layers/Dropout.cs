using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Layers;

/// <summary>
/// In training, sets elements to 0 with a probability and scales the others up by 1/(1 − probability); at inference, nothing. Which
/// elements depends on the
/// seed, the layer's path, the step's number and the element alone.
/// </summary>
/// <remarks>A graph with dropout in training has an input called <c>step</c>; see <see cref="RandomExtensions.StepInput"/>.</remarks>
public sealed class Dropout : Layer
{
    private readonly double probability;

    /// <summary>A dropout layer.</summary>
    /// <param name="probability">Of losing an element: from 0 up to, not including, 1.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="ArgumentOutOfRangeException">A probability outside.</exception>
    public Dropout(double probability = 0.5, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(probability, 1);
        this.probability = probability;
        Seed = seed;
    }

    /// <summary>The run's seed, read when graph is built.</summary>
    public ulong Seed { get; set; }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        if (!Training || probability == 0)
        {
            return x;
        }

        Value random = x.Graph.RandomUniform(x.Shape, Seed, RandomStream.PurposeOf(Path));
        Value lost = x.Graph.Constant(probability).Binary(BinaryKind.Greater, random);
        return x * ((lost * (-1 / (1 - probability))) + (1 / (1 - probability)));
    }
}
