using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

/// <summary>A block on a random map: its result and the gradients of a random weighting of it, by program or by interpreter.</summary>
internal sealed class BlockRun
{
    private readonly Graph graph = new();
    private readonly Value[] wanted;
    private readonly float[][] fed;

    public BlockRun(Layer block, Shape shape, int seed = 1, double spread = 1)
    {
        Value x = graph.Input("x", shape);
        Value y = block.Forward(x);
        Value cotangent = graph.Input("cotangent", y.Shape);
        Value[] targets = [x, .. block.Parameters().Select(graph.Read)];
        wanted = [y, .. Differentiation.Gradients([y], [cotangent], targets)
            .Select((g, i) => g ?? graph.Constant(0).BroadcastTo(targets[i].Shape))];
        Random random = new(seed);
        fed = [Normal(random, x.Shape, spread), Normal(random, y.Shape, 1)];
    }

    /// <summary>All variables random, those that start at 0 or 1 too; variances positive. The same numbers for equal names.</summary>
    public static T Randomised<T>(T block, double spread = 0.5)
        where T : Module
    {
        foreach (ModuleVariable entry in block.Variables())
        {
            Random random = new(entry.Name.Sum(letter => letter) + entry.Name.Length);
            bool positive = entry.Name.EndsWith("running_var", StringComparison.Ordinal);
            float[] values = Normal(random, entry.Variable.Shape, spread);
            entry.Variable.Set([.. values.Select(value => positive ? 0.5f + (value * value) : value)]);
        }

        return block;
    }

    /// <summary>The result, the input's gradient and those of the parameters by the compiled program, in single precision.</summary>
    public double[][] Program(CompileOptions? options = null)
    {
        IReadOnlyList<Tensor> outputs = Tensors.Compile.Program.Compile(graph, wanted, options)
            .Run([.. fed.Select((content, i) => Tensor.From(graph.Inputs[i].Shape, content))]);
        return [.. outputs.Select(output => Array.ConvertAll(output.Span.ToArray(), number => (double)number))];
    }

    /// <summary>The same by the literal definitions, in double precision.</summary>
    public double[][] Interpreted()
    {
        Interpreter<double> interpreter = new(graph);
        for (int i = 0; i < fed.Length; i++)
        {
            interpreter.Feed(graph.Inputs[i], Array.ConvertAll(fed[i], number => (double)number));
        }

        interpreter.Run(wanted);
        return [.. wanted.Select(value => interpreter[value].ToArray())];
    }

    /// <summary>Fails unless all tensors agree, relative to their own size and to that of the largest gradient.</summary>
    public static void AssertAgree(double[][] expected, double[][] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(RootMeanSquare);
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = RootMeanSquare([.. expected[i].Zip(actual[i], (x, y) => x - y)]);
            double allowed = tolerance * Math.Max(RootMeanSquare(expected[i]), 0.02 * largest);
            Assert.True(difference <= allowed, $"tensor {i}: differs by {difference:E2}, allowed {allowed:E2}.");
        }
    }

    public static double RootMeanSquare(double[] numbers) => Math.Sqrt(numbers.Average(number => number * number));

    private static float[] Normal(Random random, Shape shape, double spread)
    {
        float[] numbers = new float[shape.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            numbers[i] = (float)(spread * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return numbers;
    }
}
