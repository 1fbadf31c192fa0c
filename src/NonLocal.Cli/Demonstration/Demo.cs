using NonLocal.Cli.Rendering;
using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Demonstration;

/// <summary>A whole demo: pictures, two networks trained side by side, their answers, a picture of the block's attention.</summary>
internal sealed class Demo(DemoTask task)
{
    /// <summary>The result, after the run.</summary>
    public DemoOutcome? Outcome { get; private set; }

    /// <summary>How many numbers the two networks learn, the one without the block first; after the run.</summary>
    public IReadOnlyList<long> Parameters { get; private set; } = [];

    /// <summary>Runs it.</summary>
    /// <param name="threads">Shared by the two networks; with one, the second begins when the first is done. Changes no bit.</param>
    /// <param name="display">Shows how both get on.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <returns>The picture of the block's attention.</returns>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public Picture Run(int threads, SideBySide display, CancellationToken cancellation)
    {
        DemoPictures pictures = new(task, threads);
        using WorkerPool half = new(Math.Max(1, threads / 2));
        using WorkerPool rest = new(Math.Max(1, threads - (threads / 2)));
        Contender[] contenders = [new(task, false, pictures, half), new(task, true, pictures, rest)];
        display.Show(report => Train(contenders, threads, report, cancellation));
        Outcome = new DemoOutcome(task, contenders[0].Metrics, contenders[1].Metrics);
        Parameters = [.. contenders.Select(contender => contender.Parameters)];
        return DemoSheet.Draw(pictures, contenders[1], rest);
    }

    private static void Train(
        Contender[] contenders, int threads, Action<int, Training.TrainingProgress> report, CancellationToken cancellation)
    {
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Math.Min(contenders.Length, threads) };
        try
        {
            Parallel.For(
                0, contenders.Length, parallel, i => contenders[i].Train(progress => report(i, progress), cancellation));
        }
        catch (AggregateException errors)
        {
            throw errors.InnerExceptions[0];
        }
    }
}
