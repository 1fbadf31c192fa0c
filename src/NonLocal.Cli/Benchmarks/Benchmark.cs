using System.Diagnostics;
using NonLocal.Cli.Rendering;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Cli.Benchmarks;

/// <summary>Times a program against what the processor's cores can do at the most, measured between its runs on the same threads.</summary>
internal static class Benchmark
{
    private const int WarmUps = 2;

    /// <summary>Runs a graph with random inputs and parameters.</summary>
    /// <param name="graph">The work.</param>
    /// <param name="outputs">What is computed.</param>
    /// <param name="literalMultiplyAdds">Multiply-adds of the literal definition.</param>
    /// <param name="threads">How many threads share the work.</param>
    /// <param name="repeat">How many runs are timed.</param>
    /// <param name="progress">Told how many are done.</param>
    public static BenchResult Run(
        Graph graph, IReadOnlyList<Value> outputs, long literalMultiplyAdds, int threads, int repeat, Action<int> progress)
    {
        using WorkerPool pool = new(threads);
        Program program = Prepare(graph, outputs, new CompileOptions { Pool = pool });
        for (int i = 0; i < WarmUps; i++)
        {
            program.Run();
        }

        double[] seconds = new double[repeat];
        double[] peaks = new double[repeat];
        for (int i = 0; i < repeat; i++)
        {
            peaks[i] = PeakMeasurement.Measure(pool);
            long start = Stopwatch.GetTimestamp();
            program.Run();
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            progress(i + 1);
        }

        return Report(program, seconds, peaks, 2 * literalMultiplyAdds);
    }

    /// <summary>Compiles a graph and gives it random inputs and parameters.</summary>
    /// <exception cref="MemoryLimitException">It needs more memory than the options allow; nothing has been filled.</exception>
    public static Program Prepare(Graph graph, IReadOnlyList<Value> outputs, CompileOptions options)
    {
        Program program = Program.Compile(graph, outputs, options);
        Randomness randomness = new();
        randomness.Fill(graph);
        foreach (Tensor input in program.Inputs)
        {
            randomness.Fill(input);
        }

        return program;
    }

    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> numbers)
    {
        double[] sorted = [.. numbers.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>Multiply-adds of the part of a graph that some values need.</summary>
    public static long MultiplyAdds(Graph graph, IReadOnlyList<Value> outputs)
    {
        bool[] needed = new bool[graph.Nodes.Count];
        foreach (Value output in outputs)
        {
            needed[output.Node.Id] = true;
        }

        long sum = 0;
        for (int id = needed.Length - 1; id >= 0; id--)
        {
            if (needed[id])
            {
                Node node = graph.Nodes[id];
                sum += node.Operation.MultiplyAdds(node);
                foreach (Value input in node.Inputs)
                {
                    needed[input.Node.Id] = true;
                }
            }
        }

        return sum;
    }

    private static BenchResult Report(Program program, double[] seconds, double[] peaks, long literalFlops)
    {
        double median = Median(seconds);
        long flops = 2 * program.MultiplyAdds;
        return new BenchResult(
            MedianMs: median * 1e3,
            MinMs: seconds.Min() * 1e3,
            Flops: flops,
            LiteralFlops: literalFlops,
            PeakFraction: flops / median / Median(peaks),
            Threads: program.Pool.Threads,
            ArenaBytes: program.ArenaBytes,
            InputBytes: program.InputBytes,
            OutputBytes: program.OutputBytes,
            ParameterBytes: program.ParameterBytes,
            PackedBytes: program.PackedBytes);
    }
}
