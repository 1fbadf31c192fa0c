using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;
using NonLocal.Tensors.Tests.Graphs;

namespace NonLocal.Tensors.Tests.Kernels;

/// <summary>Runs the kernel of an operation in guarded memory and compares it with the literal definition in double.</summary>
internal static class KernelCheck
{
    private static readonly WorkerPool[] Pools = [new(1), new(2), new(3), new(8)];

    /// <summary>
    /// Random inputs: the kernel equals the definition, writes nothing else, gives the same bits on 1, 2, 3 and 8 threads, and over
    /// each input that it may overwrite.
    /// </summary>
    public static void Run(
        Operation operation, Shape[] shapes, double tolerance = 2e-6, Func<Random,
        int, double>? sample = null, int seed = 1, string? what = null)
    {
        Random random = new(seed);
        sample ??= (source, _) => GradientCheck.Normal(source);
        float[][] inputs = new float[shapes.Length][];
        for (int input = 0; input < shapes.Length; input++)
        {
            int number = input;
            inputs[input] = [.. Enumerable.Range(0, (int)shapes[input].Count).Select(_ => (float)sample(random, number))];
        }

        Run(operation, shapes, inputs, tolerance, what);
    }

    /// <summary>The same with given inputs. Returns the outputs.</summary>
    public static float[][] Run(Operation operation, Shape[] shapes, float[][] inputs, double tolerance = 2e-6, string? what = null)
    {
        string name = $"{operation} of {string.Join(", ", shapes)}{(what is null ? "" : $" ({what})")}";
        double[][] expected = Define(operation, shapes, inputs, out Shape[] outputShapes);
        float[][] first = Execute(operation, shapes, inputs, outputShapes, Pools[0], -1, name);
        for (int i = 0; i < expected.Length; i++)
        {
            AssertClose(first[i], expected[i], tolerance, $"{name}: output {i}");
        }

        foreach (WorkerPool pool in Pools)
        {
            AssertSameBits(first, Execute(operation, shapes, inputs, outputShapes, pool, -1, name), $"{name} on {pool.Threads} threads");
        }

        for (int input = 0; input < shapes.Length; input++)
        {
            if (shapes[input] == outputShapes[0] && operation.MayOverwrite(input))
            {
                float[][] now = Execute(operation, shapes, inputs, outputShapes, Pools[1], input, name);
                AssertSameBits(first, now, $"{name} over input {input}");
            }
        }

        return first;
    }

    /// <summary>The literal definition in double.</summary>
    public static double[][] Define(Operation operation, Shape[] shapes, float[][] inputs, out Shape[] outputShapes)
    {
        Graph graph = new();
        Value[] values = [.. shapes.Select((shape, i) => graph.Input($"input {i}", shape))];
        Node node = graph.Add(operation, values);
        Interpreter<double> interpreter = new(graph);
        for (int i = 0; i < values.Length; i++)
        {
            interpreter.Feed(values[i], [.. inputs[i].Select(x => (double)x)]);
        }

        interpreter.Run([.. node.Outputs]);
        outputShapes = [.. node.Outputs.Select(output => output.Shape)];
        return [.. node.Outputs.Select(output => interpreter[output].ToArray())];
    }

    private static float[][] Execute(
        Operation operation, Shape[] shapes, float[][] inputs, Shape[] outputShapes, WorkerPool pool, int overwritten, string name)
    {
        GuardedMemory memory = GuardedMemory.Create(shapes, inputs, outputShapes, pool, overwritten);
        Step? step = operation.Bind(memory);
        Assert.True(step is not null, $"{name} has no kernel");
        step();
        memory.AssertGuardsUntouched();
        for (int i = 0; i < inputs.Length; i++)
        {
            bool same = i == overwritten || GuardedMemory.Content(memory.Inputs[i]).SequenceEqual(inputs[i]);
            Assert.True(same, $"{name}: the kernel changed input {i}");
        }

        return [.. memory.Outputs.Select(output => GuardedMemory.Content(output).ToArray())];
    }

    private static void AssertClose(float[] actual, double[] expected, double tolerance, string name)
    {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            bool finite = double.IsFinite((float)expected[i]);
            bool same = finite ? float.IsFinite(actual[i]) : actual[i].Equals((float)expected[i]);
            if (!same)
            {
                Assert.Fail($"{name}: element {i} is {actual[i]}, expected {expected[i]}");
            }

            difference += finite ? (actual[i] - expected[i]) * (actual[i] - expected[i]) : 0;
            size += finite ? expected[i] * expected[i] : 0;
        }

        double error = Math.Sqrt(difference) / Math.Max(Math.Sqrt(size), 1e-30);
        Assert.True(error <= tolerance || difference == 0, $"{name} differs by {error:E2}, allowed {tolerance:E1}");
    }

    private static void AssertSameBits(float[][] expected, float[][] actual, string name)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            for (int k = 0; k < expected[i].Length; k++)
            {
                if (BitConverter.SingleToUInt32Bits(expected[i][k]) != BitConverter.SingleToUInt32Bits(actual[i][k]))
                {
                    Assert.Fail($"{name}: output {i}, element {k} is {actual[i][k]:R}, not {expected[i][k]:R}");
                }
            }
        }
    }
}
