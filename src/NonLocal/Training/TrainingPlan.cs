using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Training;

/// <summary>How a network is trained.</summary>
public sealed record TrainingPlan
{
    /// <summary>How often every sample is seen.</summary>
    public required int Epochs { get; init; }

    /// <summary>Samples of a step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The rate of every step.</summary>
    public required LearningRateSchedule Schedule { get; init; }

    /// <summary>What a step does with the gradients.</summary>
    public required UpdateRule Rule { get; init; }

    /// <summary>
    /// From prediction and targets [batch, target shape…] to one number, a mean; the default is the cross entropy of classes.
    /// </summary>
    public Func<Value, Value, Value> Loss { get; init; } = (prediction, targets) => prediction.CrossEntropy(targets);

    /// <summary>
    /// In how many parts, one after the other, a batch is computed, to save memory; divides the batch size. 1 by default.
    /// </summary>
    public int MicroBatches { get; init; } = 1;

    /// <summary>Seed of order and augmentation; 0 by default. The network's own numbers are the caller's.</summary>
    public ulong Seed { get; init; }

    /// <summary>Where checkpoints and log (<c>log.csv</c>) go; null, the default: nowhere.</summary>
    public string? Folder { get; init; }

    /// <summary>A checkpoint after so many steps; 0, the default: at the end of every epoch only, where there always is one.</summary>
    public long SaveEvery { get; init; }

    /// <summary>A line of the log after so many steps, beside that at the end of every epoch; 1 by default.</summary>
    public long LogEvery { get; init; } = 1;

    /// <summary>
    /// Writes the log's numbers for TensorBoard as well, into <c>events.out.tfevents.run</c> of the folder; false by default.
    /// </summary>
    public bool TensorBoard { get; init; }

    /// <summary>Kept in every checkpoint; the resolved recipe.</summary>
    public string Recipe { get; init; } = "";

    /// <summary>How many batches are prepared ahead; 2 by default. Changes no result.</summary>
    public int BatchesAhead { get; init; } = 2;

    /// <summary>How many threads prepare them; 1 by default. Changes no result.</summary>
    public int LoaderThreads { get; init; } = 1;

    /// <summary>Passes, threads, memory; null: the defaults.</summary>
    public CompileOptions? Options { get; init; }

    /// <summary>Where the time comes from; the system's by default.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
