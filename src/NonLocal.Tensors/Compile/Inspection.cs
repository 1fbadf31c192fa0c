using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Compile;

/// <summary>What <see cref="Inspection.FindFirst"/> found at one value.</summary>
/// <param name="Value">The value; its node names the layer.</param>
/// <param name="RelativeError">
/// ‖program − interpreter‖ ÷ ‖interpreter‖; sums that cancel are measured by a hundredth of what they add.
/// </param>
/// <param name="IsFinite">False when the program's value holds a NaN or an infinity.</param>
public sealed record InspectionFinding(Value Value, double RelativeError, bool IsFinite)
{
    /// <summary>One sentence with the layer, the operation and the fault.</summary>
    public override string ToString()
    {
        string layer = Value.Node.Layer.Length == 0 ? "the graph" : Value.Node.Layer;
        string fault = IsFinite ? $"differs from its definition by {RelativeError:E1}" : "is not finite";
        return $"{layer}: {Value.Node.Operation.Name} (output {Value.Shape}) {fault}.";
    }
}

/// <summary>Finds where a graph goes wrong: runs kernels and literal definitions side by side, value by value.</summary>
public static class Inspection
{
    private const double CancelledShare = 0.01;

    /// <summary>
    /// The first value, in the graph's order, that is not finite or that differs from the interpreter in double by more than
    /// <paramref name="tolerance"/>; null when there is none. Slow, and keeps every value in memory: for finding faults.
    /// Variables are left as they were.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="inputs">What it is fed with, in the order of <see cref="Graph.Inputs"/>.</param>
    /// <param name="tolerance">Allowed ‖difference‖ ÷ ‖value‖.</param>
    public static InspectionFinding? FindFirst(Graph graph, IReadOnlyList<Tensor> inputs, double tolerance = 1e-3)
    {
        Value[] values = [.. graph.Nodes.SelectMany(node => node.Outputs)];
        Dictionary<Variable, float[]> before = graph.Assignments.Keys.ToDictionary(
            variable => variable, variable => variable.Value.Span.ToArray());
        Interpreter<double> interpreter = new(graph);
        for (int i = 0; i < inputs.Count; i++)
        {
            interpreter.Feed(graph.Inputs[i], [.. inputs[i].Span.ToArray().Select(x => (double)x)]);
        }

        interpreter.Run(values);
        IReadOnlyList<Tensor> actual = Program.Compile(graph, values, CompileOptions.NoPasses).Run([.. inputs]);
        foreach ((Variable variable, float[] content) in before)
        {
            variable.Set(content);
        }

        Dictionary<Value, double> scales = [];
        for (int i = 0; i < values.Length; i++)
        {
            double scale = scales[values[i]] = Scale(values[i], interpreter, scales);
            (double error, bool finite) = Compare(actual[i].Span, interpreter[values[i]], scale);
            if (!finite || error > tolerance)
            {
                return new InspectionFinding(values[i], error, finite);
            }
        }

        return null;
    }

    // The size that errors are measured by. Sums that cancel are as exact as what went into them, not as what is left, and so is what is
    // made from them.
    private static double Scale(Value value, Interpreter<double> interpreter, Dictionary<Value, double> scales)
    {
        double scale = Norm(interpreter[value]);
        foreach (Value input in value.Node.Inputs)
        {
            double size = Norm(interpreter[input]);
            scale = Math.Max(scale, scales[input] > size ? scales[input] : CancelledShare * size);
        }

        return Math.Max(scale, double.Epsilon);
    }

    private static double Norm(ReadOnlySpan<double> content)
    {
        double sum = 0;
        foreach (double x in content)
        {
            sum += x * x;
        }

        return Math.Sqrt(sum);
    }

    private static (double Error, bool Finite) Compare(ReadOnlySpan<float> actual, ReadOnlySpan<double> expected, double scale)
    {
        double difference = 0;
        bool finite = true;
        for (int i = 0; i < actual.Length; i++)
        {
            finite &= float.IsFinite(actual[i]);
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
        }

        return (Math.Sqrt(difference) / scale, finite);
    }
}
