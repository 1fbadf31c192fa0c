using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Analysis;

/// <summary>Where a network sees evidence for a class.</summary>
/// <param name="Class">The class.</param>
/// <param name="Logits">What the network answered.</param>
/// <param name="Layer">Whose map was weighed.</param>
/// <param name="Grid">The spatial axes of that map.</param>
/// <param name="Weights">One number for each of its positions, none negative.</param>
public sealed record ClassEvidence(int Class, float[] Logits, string Layer, Shape Grid, float[] Weights);

/// <summary>
/// Gradient-weighted class activation maps: relu(Σ_c α_c A_c), where A is a map of the network and α_c the mean over its positions of the
/// class's logit's derivative with respect to A_c.
/// </summary>
/// <remarks>
/// Selvaraju et al.: Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization, arXiv 1610.02391. The numbers are
/// those of the formula, not scaled. The same graph serves pictures and clips: a position is one of all spatial axes, time among them.
/// </remarks>
public sealed class GradCam
{
    private readonly Program program;
    private readonly Value map;

    /// <summary>Compiles a network with the derivatives of its logits.</summary>
    /// <param name="network">From [1, positions…, channels] to logits [1, classes].</param>
    /// <param name="input">The input's shape, of a batch of one.</param>
    /// <param name="layer">The dotted path of a module, whose last map is weighed; null: the last map of the network.</param>
    /// <param name="options">Passes, threads, memory.</param>
    /// <exception cref="ArgumentException">No such map, or not one sample.</exception>
    /// <exception cref="NotSupportedException">An operation behind the map has no gradient.</exception>
    /// <exception cref="ShapeException">The shape does not fit; the message names the layer.</exception>
    public GradCam(Layer network, Shape input, string? layer = null, CompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        Graph graph = new();
        Value logits = network.BuildForInference(graph.Input("x", input));
        map = LastMap(graph, input.Rank, layer);
        Value chosen = graph.Input("class", logits.Shape);
        Value gradient = Differentiation.Gradients([logits], [chosen], [map])[0]
            ?? throw new ArgumentException($"The network's answer does not depend on the map of {layer}.", nameof(layer));
        int positions = checked((int)map.Shape[1..^1].Count);
        Shape table = [1, positions, map.Shape.Last];
        Value evidence = (map.Reshape(table) * gradient.Reshape(table).Mean(1).Reshape([1, 1, table.Last])).Sum(2).Relu();
        program = Program.Compile(graph, [logits, evidence], options);
    }

    /// <summary>Looks at one input.</summary>
    /// <param name="sample">The network's input.</param>
    /// <param name="number">The class; null: the likeliest.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such class.</exception>
    public ClassEvidence Of(ReadOnlySpan<float> sample, int? number = null)
    {
        sample.CopyTo(program.Inputs[0].Span);
        Span<float> chosen = program.Inputs[1].Span;
        if (number is null)
        {
            chosen.Clear();
            program.Run();
            number = Largest(program.Outputs[0].Span);
        }

        ArgumentOutOfRangeException.ThrowIfNegative(number.Value, nameof(number));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number.Value, chosen.Length, nameof(number));
        chosen.Clear();
        chosen[number.Value] = 1;
        program.Run();
        return new ClassEvidence(
            number.Value,
            program.Outputs[0].Span.ToArray(),
            map.Node.Layer,
            map.Shape[1..^1],
            program.Outputs[1].Span.ToArray());
    }

    private static Value LastMap(Graph graph, int rank, string? layer)
    {
        Node? node = graph.Nodes.LastOrDefault(node =>
            node.Operation is not (GraphInput or ReadVariable or Number or Constant)
            && node.Outputs[0].Shape is { } shape && shape.Rank == rank && shape[0] == 1 && shape[1..^1].Count > 1
            && (layer is null || node.Layer == layer || node.Layer.StartsWith(layer + ".", StringComparison.Ordinal)));
        return node?.Outputs[0] ?? throw new ArgumentException(
            layer is null ? "The network has no map of more than one position." : $"The network makes no map in '{layer}'.", nameof(layer));
    }

    private static int Largest(ReadOnlySpan<float> numbers)
    {
        int largest = 0;
        for (int i = 1; i < numbers.Length; i++)
        {
            largest = numbers[i] > numbers[largest] ? i : largest;
        }

        return largest;
    }
}
