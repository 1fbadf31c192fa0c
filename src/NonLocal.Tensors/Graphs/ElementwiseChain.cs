using System.Numerics;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>One instruction of an <see cref="ElementwiseChain"/>: a unary, leaky-ReLU or binary function of earlier results.</summary>
/// <param name="Operation">A <see cref="Unary"/>, <see cref="LeakyRelu"/> or <see cref="Binary"/>.</param>
/// <param name="First">What it reads: 0 … inputs−1 are the chain's inputs, higher numbers earlier instructions.</param>
/// <param name="Second">The second operand of a binary function; −1 for the others.</param>
public readonly record struct ChainStep(Operation Operation, int First, int Second);

/// <summary>Several element-wise operations run in one pass over memory. Inputs repeat to the output's shape.</summary>
/// <remarks>Made by a compile pass after differentiation, so it has no gradient rule.</remarks>
/// <param name="Target">The output's shape.</param>
/// <param name="InputCount">How many inputs there are.</param>
/// <param name="Steps">The instructions; the last one makes the output.</param>
public sealed record ElementwiseChain(Shape Target, int InputCount, IReadOnlyList<ChainStep> Steps) : Operation
{
    /// <inheritdoc/>
    public override string Name => $"element-wise chain of {Steps.Count}";

    /// <summary>True for operations that can be a step of a chain.</summary>
    public static bool Accepts(Operation operation) => operation is Unary or LeakyRelu or Binary;

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, InputCount);
        foreach (Shape input in inputs)
        {
            if (Broadcasting.Common([input, Target]) != Target)
            {
                throw new ShapeException($"input {input} cannot be repeated to {Target}.");
            }
        }

        return [Target];
    }

    /// <inheritdoc/>
    public override bool MayOverwrite(int input) => true;

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        int[][] strides = new int[InputCount][];
        for (int i = 0; i < InputCount; i++)
        {
            strides[i] = Broadcasting.Strides(evaluation.InputShape(i), Target);
        }

        T[] values = new T[InputCount + Steps.Count];
        Span<T> y = evaluation.Output(0);
        IndexWalk walk = new(Target, strides);
        for (int i = 0; i < y.Length; i++, walk.Next())
        {
            for (int input = 0; input < InputCount; input++)
            {
                values[input] = evaluation.Input(input)[walk[input]];
            }

            y[i] = Evaluate(values);
        }
    }

    /// <inheritdoc/>
    public override Step? Bind(Binding binding) => ElementwiseBinding.Bind(binding, Steps);

    /// <inheritdoc/>
    public bool Equals(ElementwiseChain? other) =>
        other is not null && Target == other.Target && InputCount == other.InputCount && Steps.SequenceEqual(other.Steps);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Target, InputCount, Steps.Count);

    /// <summary>All instructions: names the chain completely.</summary>
    public override string ToString() => $"chain {Target}/{InputCount}[{string.Join(' ', Steps)}]";

    private T Evaluate<T>(T[] values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int step = 0; step < Steps.Count; step++)
        {
            ChainStep now = Steps[step];
            T first = values[now.First];
            values[InputCount + step] = now.Operation switch
            {
                Unary unary => Unary.Apply(unary.Kind, first),
                LeakyRelu leaky => first > T.Zero ? first : T.CreateChecked(leaky.Slope) * first,
                Binary binary => Binary.Apply(binary.Kind, first, values[now.Second]),
                _ => throw new NotSupportedException(now.Operation.Name),
            };
        }

        return values[^1];
    }
}
