using NonLocal.Tensors.Graphs;

namespace NonLocal.Tensors.Tests.Graphs;

/// <summary>
/// Compares the gradient graph with central differences, in double, along three random directions through all inputs and
/// variables at once. For smooth points only: keep ReLU kinks and ties away.
/// </summary>
internal static class GradientCheck
{
    private const int Directions = 3;
    private const double Step = 1e-5;

    /// <summary>
    /// Checks the gradient of Σ ⟨output, random cotangent⟩ with respect to every input of the graph and every parameter it reads.
    /// </summary>
    public static void Run(
        Graph graph, IReadOnlyList<Value> outputs, int seed = 1, double tolerance = 1e-6, Func<Random, double>? sample = null)
    {
        Random random = new(seed);
        sample ??= Normal;
        int forwardNodes = graph.Nodes.Count;
        List<Value> targets = [.. graph.Inputs];
        targets.AddRange(graph.Nodes.Where(node => node.Operation is ReadVariable { Variable.Kind: VariableKind.Parameter })
            .Select(node => node.Outputs[0]));
        Dictionary<Value, double[]> point = targets.ToDictionary(target => target, target => Fill(target.Shape, () => sample(random)));
        List<Value> cotangents = [.. outputs.Select((output, i) => graph.Input($"cotangent {i}", output.Shape))];
        double[][] weights = [.. outputs.Select(output => Fill(output.Shape, () => Normal(random)))];
        Value?[] gradients = Differentiation.Gradients(outputs, cotangents, targets);

        Interpreter<double> interpreter = new(graph);
        Feed(interpreter, point);
        for (int i = 0; i < cotangents.Count; i++)
        {
            interpreter.Feed(cotangents[i], weights[i]);
        }

        interpreter.Run([.. gradients.OfType<Value>()]);
        double[][] analytic = [.. gradients.Select((g, i) => g is null ? new double[point[targets[i]].Length] : interpreter[g].ToArray())];

        for (int direction = 0; direction < Directions; direction++)
        {
            Dictionary<Value, double[]> along = targets.ToDictionary(target => target, target => Fill(target.Shape, () => Normal(random)));
            double expected =
                (Loss(graph, outputs, weights, point, along, Step) - Loss(graph, outputs, weights, point, along, -Step)) / (2 * Step);
            double actual = targets.Select((target, i) => Dot(analytic[i], along[target])).Sum();
            double scale = Math.Max(Math.Abs(expected), targets.Select((target, i) => Norm(analytic[i])).Sum());
            Assert.True(
                Math.Abs(actual - expected) <= tolerance * Math.Max(scale, 1e-3),
                $"direction {direction}: gradient gives {actual:R}, differences give {expected:R} ({forwardNodes} forward nodes).");
        }
    }

    /// <summary>A normally distributed number.</summary>
    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static double Loss(
        Graph graph, IReadOnlyList<Value> outputs, double[][] weights, Dictionary<Value, double[]> point,
        Dictionary<Value, double[]> along, double step)
    {
        Interpreter<double> interpreter = new(graph);
        Feed(interpreter, point.ToDictionary(
            pair => pair.Key, pair => pair.Value.Select((x, i) => x + (step * along[pair.Key][i])).ToArray()));
        interpreter.Run([.. outputs]);
        return outputs.Select((output, i) => Dot(interpreter[output].ToArray(), weights[i])).Sum();
    }

    private static void Feed(Interpreter<double> interpreter, Dictionary<Value, double[]> point)
    {
        foreach ((Value value, double[] content) in point)
        {
            interpreter.Feed(value, content);
        }
    }

    private static double[] Fill(Shape shape, Func<double> next) => [.. Enumerable.Range(0, (int)shape.Count).Select(_ => next())];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double Norm(double[] a) => Math.Sqrt(Dot(a, a));
}
