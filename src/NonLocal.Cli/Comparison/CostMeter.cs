using System.Diagnostics;
using NonLocal.Cli.Benchmarks;
using NonLocal.Cli.Verbs;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Cli.Comparison;

/// <summary>Time and memory of one program.</summary>
/// <param name="Milliseconds">Median of a run.</param>
/// <param name="ArenaBytes">Working memory beyond inputs, outputs, parameters and packed weights.</param>
/// <param name="Flops">2 × its multiply-adds.</param>
internal sealed record Cost(double Milliseconds, long ArenaBytes, long Flops);

/// <summary>Measures layers one after the other, on the same threads and under the same limits.</summary>
/// <param name="pool">The threads.</param>
/// <param name="repeat">How many runs are timed, after one that is not.</param>
/// <param name="memoryLimit">The most bytes of arena and outputs.</param>
internal sealed class CostMeter(WorkerPool pool, int repeat, long memoryLimit)
{
    // After so long the median of what there is has to do.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Measures a layer.</summary>
    /// <param name="layer">A fresh one; it gets random parameters.</param>
    /// <param name="input">The whole input shape.</param>
    /// <param name="train">Forward as in training and all gradients, or inference.</param>
    /// <returns>Null where it would take more memory than the limit.</returns>
    public Cost? Measure(Layer layer, Shape input, bool train)
    {
        BenchSubject subject = LayerSubject.Of(layer, input, train);
        Program program;
        try
        {
            program = Benchmark.Prepare(
                subject.Graph, subject.Outputs, new CompileOptions { Pool = pool, MemoryLimit = memoryLimit });
        }
        catch (MemoryLimitException)
        {
            return null;
        }

        program.Run();
        List<double> milliseconds = [];
        long start = Stopwatch.GetTimestamp();
        do
        {
            long before = Stopwatch.GetTimestamp();
            program.Run();
            milliseconds.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
        }
        while (milliseconds.Count < repeat && Stopwatch.GetElapsedTime(start) < Patience);

        return new Cost(Benchmark.Median(milliseconds), program.ArenaBytes, 2 * program.MultiplyAdds);
    }
}
