using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

/// <summary>Random maps, and what blocks make of them.</summary>
internal static class BlockInput
{
    /// <summary>Numbers in ±2, so that attention is far from uniform.</summary>
    public static float[] Random(Shape shape, int seed = 3)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, (int)shape.Count).Select(_ => (float)((4 * random.NextDouble()) - 2))];
    }

    /// <summary>Positions of a map of one sample in another order.</summary>
    public static float[] Permuted(float[] map, int channels, int[] order) =>
        [.. order.SelectMany(position => map.Skip(position * channels).Take(channels))];

    /// <summary>The result of a compiled block.</summary>
    public static float[] Run(Layer block, Shape shape, float[] content)
    {
        Graph graph = new();
        Value y = block.Forward(graph.Input("x", shape));
        return Program.Compile(graph, [y]).Run(Tensor.From(shape, content))[0].Span.ToArray();
    }

    /// <summary>Values of a graph over one map, in double.</summary>
    public static double[][] Interpret(Shape shape, float[] content, Func<Value, IReadOnlyList<Value>> build)
    {
        Graph graph = new();
        Value x = graph.Input("x", shape);
        Value[] wanted = [.. build(x)];
        Interpreter<double> interpreter = new(graph);
        interpreter.Feed(x, Array.ConvertAll(content, number => (double)number));
        interpreter.Run(wanted);
        return [.. wanted.Select(value => interpreter[value].ToArray())];
    }

    /// <summary>Which positions (of one sample) the result at a position depends on.</summary>
    public static bool[] Reaches(Layer block, Shape shape, int position)
    {
        int channels = shape.Last;
        double[] gradient = Interpret(shape, Random(shape), x =>
        {
            Value y = block.Forward(x);
            Tensor chosen = new(y.Shape);
            chosen.Span.Slice(position * y.Shape.Last, y.Shape.Last).Fill(1);
            return [Differentiation.Gradients([y], [x.Graph.Constant(chosen)], [x])[0]!];
        })[0];
        return [.. gradient.Chunk(channels).Select(row => row.Any(number => number != 0))];
    }

    /// <summary>The arena of a block at inference.</summary>
    public static long Arena(Layer block, int side, int channels) =>
        block.CompileForInference([1, side, side, channels]).ArenaBytes;

    /// <summary>Fails unless two results are equal but for rounding.</summary>
    public static void AssertClose(float[] expected, float[] actual, double tolerance = 1e-5) =>
        Assert.InRange(Distance(expected, actual), 0, tolerance);

    /// <summary>The difference of two results over the size of the first.</summary>
    public static double Distance(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = expected.Zip(actual, (x, y) => Math.Pow(x - y, 2)).Sum();
        return Math.Sqrt(difference / expected.Sum(x => (double)x * x));
    }

    /// <summary>Fails unless a block of every options gives another result on one map than the first does.</summary>
    public static void AssertAllDiffer(Shape shape, params Layer[] blocks)
    {
        float[] content = [.. Random(shape).Select(number => 2 * number)];
        float[] first = Run(blocks[0], shape, content);
        for (int i = 1; i < blocks.Length; i++)
        {
            float[] other = Run(blocks[i], shape, content);
            Assert.True(first.Length != other.Length || Distance(first, other) > 1e-4, $"block {i} does the same as the first.");
        }
    }
}
