using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Layers;

/// <summary>
/// In training, sets elements (or whole channels of a sample) to 0 with a probability and scales the others up by 1/(1 − probability); at
/// inference, nothing. Which elements depends on the seed, the layer's path, the step's number and the element alone.
/// </summary>
/// <remarks>A graph with dropout in training has an input called <c>step</c>; see <see cref="RandomExtensions.StepInput"/>.</remarks>
public sealed class Dropout : Layer
{
    private readonly double probability;
    private readonly bool wholeChannels;

    /// <summary>A dropout layer.</summary>
    /// <param name="probability">Of losing an element: from 0 up to, not including, 1.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="wholeChannels">Drop a channel of a sample at all positions or none, as PyTorch's Dropout2d.</param>
    /// <exception cref="ArgumentOutOfRangeException">A probability outside.</exception>
    public Dropout(double probability = 0.5, ulong seed = 0, bool wholeChannels = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(probability, 1);
        this.probability = probability;
        this.wholeChannels = wholeChannels;
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

        Shape shape = wholeChannels ? [x.Shape[0], .. Enumerable.Repeat(1, x.Shape.Rank - 2), x.Shape.Last] : x.Shape;
        Value random = x.Graph.RandomUniform(shape, Seed, RandomStream.PurposeOf(Path));
        Value lost = x.Graph.Constant(probability).Binary(BinaryKind.Greater, random);
        return x * ((lost * (-1 / (1 - probability))) + (1 / (1 - probability)));
    }
}
