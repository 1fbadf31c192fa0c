using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

/// <summary>What tests of blocks do again and again.</summary>
internal static class BlockChecks
{
    /// <summary>Whether a fresh block of 32 channels returns its input bit for bit.</summary>
    public static bool IsIdentity(Layer block, bool training)
    {
        block.Initialize(7);
        block.Training = training;
        float[] x = Numbers(2 * 12 * 32);
        return x.SequenceEqual(Run(block, [2, 3, 4, 32], x));
    }

    /// <summary>Numbers between −1/2 and 1/2.</summary>
    public static float[] Numbers(int count)
    {
        Random random = new(6);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
    }

    /// <summary>The rows of a table of six channels in another order.</summary>
    public static float[] Permuted(float[] table, int[] order) => [.. order.SelectMany(row => table.Skip(row * 6).Take(6))];

    /// <summary>Fails unless all elements agree within 1e-5.</summary>
    public static void AssertNear(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-5f);
        }
    }

    /// <summary>The block's result by the compiled program.</summary>
    public static float[] Run(Layer block, Shape shape, float[] content)
    {
        Graph graph = new();
        Value y = block.Forward(graph.Input("x", shape));
        return Program.Compile(graph, [y]).Run(Tensor.From(shape, content))[0].Span.ToArray();
    }

    /// <summary>The block's result by the literal definitions, in double.</summary>
    public static double[] Interpret(Layer block, Shape shape, double[] content)
    {
        Graph graph = new();
        Value x = graph.Input("x", shape);
        Value z = block.Forward(x);
        Interpreter<double> interpreter = new(graph);
        interpreter.Feed(x, content);
        interpreter.Run(z);
        return interpreter[z].ToArray();
    }
}
