using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

/// <summary>What is asked of every attention block in the same words.</summary>
internal static class OptionChecks
{
    /// <summary>The block's result on one map, by program.</summary>
    public static float[] Run(Layer block, Shape shape, float[] content)
    {
        Graph graph = new();
        Value y = block.Forward(graph.Input("x", shape));
        return Program.Compile(graph, [y]).Run(Tensor.From(shape, content))[0].Span.ToArray();
    }

    /// <summary>Fails unless blocks with equal random numbers under equal names all give different results.</summary>
    public static void AssertAllDiffer(IEnumerable<Layer> blocks, Shape shape)
    {
        List<double[]> results = [.. blocks.Select(block => new BlockRun(BlockRun.Randomised(block), shape).Program()[0])];
        for (int i = 0; i < results.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                bool differ = results[i].Length != results[j].Length
                    || BlockRun.RootMeanSquare([.. results[i].Zip(results[j], (x, y) => x - y)]) > 1e-5;
                Assert.True(differ, $"results {j} and {i} are equal.");
            }
        }
    }

    /// <summary>Fails unless the rows that were asked for are those of the whole map.</summary>
    public static void AssertRowsAreOfTheMap(Func<Value, Value> map, Func<Value, Value> rows, Shape shape, params int[] queries)
    {
        Graph graph = new();
        Value x = graph.Input("x", shape);
        Program program = Program.Compile(graph, [map(x), rows(x)]);
        Random random = new(4);
        program.Run(Tensor.From(shape, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => (float)random.NextDouble())]));
        (Tensor all, Tensor some) = (program.Outputs[0], program.Outputs[1]);
        (int nodes, int keys) = (all.Shape[1], all.Shape[2]);
        Assert.Equal(new Shape(shape[0], queries.Length, keys), some.Shape);
        for (int i = 0; i < some.Span.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, keys);
            (int batch, int query) = Math.DivRem(row, queries.Length);
            Assert.Equal(all.Span[(((batch * nodes) + queries[query]) * keys) + column], some.Span[i], 1e-5f);
        }

        Assert.Contains(some.Span.ToArray(), number => number != 0);
    }

    /// <summary>The arena of the block's program, forward or forward and backward. Compiled, not run.</summary>
    public static long ArenaBytes(Layer block, Shape shape, bool training)
    {
        Graph graph = new();
        Value x = graph.Input("x", shape);
        if (!training)
        {
            return Program.Compile(graph, [block.BuildForInference(x)]).ArenaBytes;
        }

        block.Train();
        Value y = block.Forward(x);
        Value?[] gradients = Differentiation.Gradients(
            [y], [graph.Input("gradient", y.Shape)], [x, .. block.Parameters().Select(graph.Read)]);
        return Program.Compile(graph, [y, .. gradients.OfType<Value>()]).ArenaBytes;
    }
}

/// <summary>What happens to a result when positions change places.</summary>
internal static class Permutation
{
    /// <summary>
    /// How far the result of permuted positions is from the permuted result, relative to it: 0 for whatever knows no places.
    /// </summary>
    /// <param name="block">Any block.</param>
    /// <param name="shape">One sample.</param>
    public static double Distance(Layer block, Shape shape)
    {
        int positions = (int)shape[1..^1].Count;
        Random random = new(5);
        float[] content = [.. Enumerable.Range(0, (int)shape.Count).Select(_ => (float)random.NextDouble() - 0.5f)];
        int[] order = [.. Enumerable.Range(0, positions)];
        random.Shuffle(order);
        float[] expected = Reordered(OptionChecks.Run(block, shape, content), order);
        float[] actual = OptionChecks.Run(block, shape, Reordered(content, order));
        double[] difference = [.. expected.Zip(actual, (a, b) => (double)a - b)];
        return BlockRun.RootMeanSquare(difference) / BlockRun.RootMeanSquare([.. expected.Select(number => (double)number)]);
    }

    private static float[] Reordered(float[] content, int[] order)
    {
        int channels = content.Length / order.Length;
        return [.. order.SelectMany(position => content.Skip(position * channels).Take(channels))];
    }
}

/// <summary>Gradients of whole blocks against differences, in double.</summary>
internal static class BlockGradients
{
    private const double Step = 1e-5;

    /// <summary>Fails unless the gradient along a random direction of input and parameters is the difference quotient.</summary>
    public static void AssertAreDifferences(Layer block, Shape shape)
    {
        Random random = new(8);
        double[] content = Numbers(random, shape);
        double[] direction = Numbers(random, shape);
        Graph graph = new();
        Value x = graph.Input("x", shape);
        Value y = block.Forward(x);
        Value cotangent = graph.Input("cotangent", y.Shape);
        double[] weights = Numbers(random, y.Shape);
        Value gradient = Differentiation.Gradients([y], [cotangent], [x])[0]!;
        double along = Run(content, gradient).Zip(direction, (a, b) => a * b).Sum();
        double difference = (Loss(1) - Loss(-1)) / (2 * Step);
        Assert.InRange(Math.Abs(along - difference), 0, 1e-6 * Math.Max(1, Math.Abs(difference)));
        Assert.NotInRange(Math.Abs(along), 0, 1e-3);

        double Loss(int sign) =>
            Run([.. content.Zip(direction, (a, b) => a + (sign * Step * b))], y).Zip(weights, (a, b) => a * b).Sum();

        double[] Run(double[] numbers, Value wanted)
        {
            Interpreter<double> interpreter = new(graph);
            interpreter.Feed(x, numbers);
            interpreter.Feed(cotangent, weights);
            interpreter.Run(wanted);
            return interpreter[wanted].ToArray();
        }
    }

    private static double[] Numbers(Random random, Shape shape) =>
        [.. Enumerable.Range(0, (int)shape.Count).Select(_ => random.NextDouble() - 0.5)];
}
