using NonLocal.Attention;
using NonLocal.Models;
using NonLocal.Tensors.Graphs;
using NonLocal.Tensors.Runtime;
using NonLocal.Training;

namespace NonLocal.Cli.Demonstration;

/// <summary>One of the two networks of a demo.</summary>
internal sealed class Contender
{
    private readonly Trainer trainer;

    /// <summary>Makes the network and compiles its training.</summary>
    /// <param name="task">What it learns, and how.</param>
    /// <param name="withBlock">Whether it has the block.</param>
    /// <param name="pictures">What it learns from.</param>
    /// <param name="pool">Its threads.</param>
    public Contender(DemoTask task, bool withBlock, DemoPictures pictures, WorkerPool pool)
    {
        (Network, Block) = task.CreateNetwork(withBlock);
        trainer = new Trainer(
            Network,
            DemoPictures.Samples(pictures.Training, Network.Info),
            DemoPictures.Samples(pictures.HeldOut, Network.Info),
            task.CreatePlan(pool));
    }

    /// <summary>The names of the two, the one without the block first.</summary>
    public static IReadOnlyList<string> Names { get; } = ["ResNet", "ResNet with a non-local block"];

    /// <summary>The network.</summary>
    public ResNet Network { get; }

    /// <summary>Its block; null where there is none.</summary>
    public NonLocalBlock? Block { get; }

    /// <summary>How many numbers it learns.</summary>
    public long Parameters => Network.Parameters().Sum((Variable variable) => variable.Shape.Count);

    /// <summary>How well it answers about the held-out pictures, after the last epoch.</summary>
    public ClassifierMetrics Metrics { get; private set; }

    /// <summary>Trains to the end.</summary>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Train(Action<TrainingProgress> progress, CancellationToken cancellation)
    {
        trainer.Fit(
            progress: step =>
            {
                Metrics = step.Evaluation ?? Metrics;
                progress(step);
            },
            cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
    }
}
