using System.CommandLine;
using NonLocal.Cli.Verbs;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Cli.Benchmarks;

/// <summary>A layer as what is measured: forward, or forward and all gradients.</summary>
internal static class LayerSubject
{
    /// <summary>The option <c>--shape</c>.</summary>
    public static Option<string> ShapeOption(string example) => new("--shape")
    {
        Description = $"The input, batch first and channels last, such as {example}.",
        HelpName = "NxHxWxC",
        Required = true,
    };

    /// <summary>The option <c>--shape</c> where a network has a shape of its own.</summary>
    public static Option<string?> OptionalShapeOption(string example) => new("--shape")
    {
        Description = $"The input, batch first and channels last, such as {example}; left out: one sample as the network takes it.",
        HelpName = "NxHxWxC",
    };

    /// <summary>The option <c>--train</c>.</summary>
    public static Option<bool> TrainOption() => new("--train")
    {
        Description = "Forward as in training and backward: gradients of the input and of every parameter.",
    };

    /// <summary>A shape of an allowed rank.</summary>
    /// <exception cref="UsageException">Another rank.</exception>
    public static Shape InputShape(string text, int fewest, int most)
    {
        Shape shape = Shape.Parse(text);
        string expected = fewest == most ? $"{most}" : $"{fewest} to {most}";
        return shape.Rank >= fewest && shape.Rank <= most
            ? shape
            : throw new UsageException($"--shape {text} has {shape.Rank} axes, expected {expected}: batch first, channels last.");
    }

    /// <summary>Builds the graph.</summary>
    /// <exception cref="ShapeException">The input does not fit the layer.</exception>
    public static BenchSubject Of(Layer layer, Shape input, bool train)
    {
        Graph graph = new();
        Value x = graph.Input("x", input);
        if (!train)
        {
            Value[] forward = [layer.BuildForInference(x)];
            return new BenchSubject(graph, forward, Benchmark.MultiplyAdds(graph, forward));
        }

        layer.Train();
        Value y = layer.Forward(x);
        Value cotangent = graph.Input("gradient", y.Shape);
        Value?[] gradients = Differentiation.Gradients([y], [cotangent], [x, .. layer.Parameters().Select(graph.Read)]);
        Value[] outputs = [y, .. gradients.OfType<Value>()];
        return new BenchSubject(graph, outputs, Benchmark.MultiplyAdds(graph, outputs));
    }
}
