using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// Random numbers, uniform in [0, 1). There is no hidden state: the input is the step's number (one whole number, exact to 2²⁴), and
/// equal seed, purpose
/// and step give equal numbers.
/// </summary>
/// <param name="Shape">What is made.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Purpose">The stream; two nodes of one purpose make the same numbers. See <see cref="RandomStream.PurposeOf"/>.</param>
public sealed record RandomUniform(Shape Shape, ulong Seed, ulong Purpose) : Operation
{
    /// <inheritdoc/>
    public override string Name => "random uniform";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        ExpectInputs(inputs, 1);
        return inputs[0].Count == 1 ? [Shape] : throw new ShapeException($"the step's number is one number, got shape {inputs[0]}.");
    }

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        RandomStream stream = new(Seed, Purpose, uint.CreateChecked(evaluation.Input(0)[0]));
        Span<T> y = evaluation.Output(0);
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = T.CreateChecked(stream.UniformAt(i));
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients) => [null];

    /// <inheritdoc/>
    public override unsafe Step Bind(Binding binding)
    {
        Operand step = binding.Inputs[0];
        Operand y = binding.Outputs[0];
        WorkerPool pool = binding.Pool;
        return () => RandomFill.Uniform(pool, new RandomStream(Seed, Purpose, (uint)*step.Pointer), y.Pointer, (int)y.Count);
    }
}

/// <summary>Random values.</summary>
public static class RandomExtensions
{
    /// <summary>
    /// The name of the input that a graph with random work has: the step's number, to be fed with a new one at every run.
    /// </summary>
    public const string StepInput = "step";

    /// <summary>Numbers uniform in [0, 1) that differ from step to step.</summary>
    /// <param name="graph">Gets an input called <see cref="StepInput"/>, unless it has one.</param>
    /// <param name="shape">What is made.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="purpose">The stream; see <see cref="RandomStream.PurposeOf"/>.</param>
    public static Value RandomUniform(this Graph graph, Shape shape, ulong seed, ulong purpose)
    {
        int place = 0;
        while (place < graph.Inputs.Count && graph.InputNames[place] != StepInput)
        {
            place++;
        }

        Value step = place < graph.Inputs.Count ? graph.Inputs[place] : graph.Input(StepInput, Shape.Scalar);
        return graph.Apply(new RandomUniform(shape, seed, purpose), step);
    }
}
