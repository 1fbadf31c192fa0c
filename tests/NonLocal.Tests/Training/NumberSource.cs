using NonLocal.Tensors;
using NonLocal.Tensors.Runtime;
using NonLocal.Training;

namespace NonLocal.Tests.Training;

/// <summary>Samples of a few noisy numbers, whose class is which of them is largest before the noise.</summary>
public sealed class NumberSource(int count, int failing = -1) : ISampleSource
{
    public const int Features = 4;

    public int Count => count;

    public Shape InputShape => [Features];

    public Shape TargetShape => Shape.Scalar;

    public void Fill(int index, RandomStream random, Span<float> input, Span<float> target)
    {
        if (index == failing)
        {
            throw new InvalidDataException($"sample {index} is broken");
        }

        random.Normal(input);
        target[0] = index % Features;
        input[index % Features] += 2;
    }
}
