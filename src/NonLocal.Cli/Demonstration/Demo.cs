using NonLocal.Analysis;
using NonLocal.Cli.Rendering;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Demonstration;

/// <summary>A whole demo: pictures, two networks trained side by side, their answers, a picture of the block's attention.</summary>
internal sealed class Demo(DemoTask task)
{
    private const int LookedAt = 20;

    /// <summary>The result, after the run.</summary>
    public DemoOutcome? Outcome { get; private set; }

    /// <summary>How many numbers the two networks learn, the one without the block first; after the run.</summary>
    public IReadOnlyList<long> Parameters { get; private set; } = [];

    /// <summary>How much what the block does depends on the position that reads, on the first held-out pictures; after the run.</summary>
    public QueryDependence? Dependence { get; private set; }

    /// <summary><see cref="Dependence"/> in one sentence.</summary>
    public string Reading => Dependence is { Maps: { } maps, Input: { } input }
        ? $"From position to position the block's maps differ by {Figures.Fixed(maps.Mean, 3)} and the features by "
            + $"{Figures.Fixed(input.Mean, 3)} (mean cosine distances; 0: alike, 0.5: nothing in common)."
        : throw new InvalidOperationException("The demo has not run.");

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
        Dependence = Measure(pictures, contenders[1], rest);
        return DemoSheet.Draw(pictures, contenders[1], rest);
    }

    private static QueryDependence Measure(DemoPictures pictures, Contender contender, WorkerPool pool)
    {
        PictureSamples samples = DemoPictures.Samples(pictures.HeldOut, contender.Network.Info);
        QueryDependenceMeter meter = new(
            contender.Network, [1, .. samples.InputShape], options: new CompileOptions { Pool = pool });
        float[] sample = new float[samples.InputShape.Count];
        float[] label = new float[1];
        for (int i = 0; i < Math.Min(LookedAt, samples.Count); i++)
        {
            samples.Fill(i, default, sample, label);
            meter.Add(sample);
        }

        return meter.Results[0];
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
