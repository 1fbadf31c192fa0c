using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Training;

/// <summary>
/// Trains a network by a plan. A run that was stopped anywhere and resumed ends in the same bits, and in the same log but for the times,
/// as one that was not.
/// </summary>
public sealed class Trainer
{
    private readonly Layer network;
    private readonly TrainingPlan plan;
    private readonly BatchLoader training;
    private readonly BatchLoader? evaluation;
    private readonly Program? inference;
    private readonly LearningStep step;
    private readonly Checkpoints? checkpoints;
    private TrainingLog? log;
    private EventFile? events;
    private TrainingPosition position = new();

    /// <summary>Compiles what a run needs; nothing runs yet.</summary>
    /// <param name="network">Trained as <see cref="TrainingStep.Compile"/> says; first values are the caller's.</param>
    /// <param name="training">What it learns from.</param>
    /// <param name="evaluation">
    /// What it is evaluated on after every epoch, with the averages of its parameters if the rule makes them; null: nothing. Targets are
    /// class numbers.
    /// </param>
    /// <param name="plan">How.</param>
    /// <exception cref="ArgumentException">The plan's numbers do not fit each other or the source.</exception>
    /// <exception cref="ShapeException">The shapes do not fit the network.</exception>
    public Trainer(Layer network, ISampleSource training, ISampleSource? evaluation, TrainingPlan plan)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.LogEvery, 1);
        if (plan.MicroBatches < 1 || plan.BatchSize % plan.MicroBatches != 0)
        {
            throw new ArgumentException($"A batch of {plan.BatchSize} samples cannot be cut into {plan.MicroBatches} equal parts.");
        }

        this.network = network;
        this.plan = plan;
        int rows = plan.BatchSize / plan.MicroBatches;
        this.training = new BatchLoader(training, plan.BatchSize, plan.Seed, training: true);
        Update = new ParameterUpdate(network, plan.Rule);
        step = LearningStep.Compile(
            network,
            new Shape([rows, .. training.InputShape]),
            prediction => plan.Loss(prediction, prediction.Graph.Input("targets", new Shape([rows, .. training.TargetShape]))),
            Update,
            plan.MicroBatches,
            options: plan.Options);
        if (evaluation is not null)
        {
            this.evaluation = new BatchLoader(evaluation, rows, plan.Seed, training: false);
            inference = network.CompileForInference(new Shape([rows, .. evaluation.InputShape]), plan.Options);
        }

        checkpoints = plan.Folder is null ? null : new Checkpoints(plan.Folder);
    }

    /// <summary>Optimiser slots and averages.</summary>
    public ParameterUpdate Update { get; }

    /// <summary>How many steps the whole run has.</summary>
    public long Steps => (long)plan.Epochs * training.BatchesInEpoch;

    /// <summary>Working memory, inputs, outputs and packed copies of the programs, in bytes; exact and known before the run.</summary>
    public long ProgramBytes => step.ProgramBytes + (inference is null ? 0 : LearningStep.BytesOf(inference));

    /// <summary>Trains to the plan's end, or until it is cancelled.</summary>
    /// <param name="resume">Go on from the newest whole checkpoint of the plan's folder; from the start if there is none.</param>
    /// <param name="progress">Told after every step, on this thread.</param>
    /// <param name="skipped">Told, in one sentence each, which newer checkpoints are damaged.</param>
    /// <param name="cancellation">Stops between two steps; the checkpoint is written first.</param>
    /// <returns>Where the run stands: its step is <see cref="Steps"/> when it is finished.</returns>
    /// <exception cref="InvalidOperationException">
    /// A run that is not to be resumed finds checkpoints in its folder, or the checkpoint is of another seed.
    /// </exception>
    /// <exception cref="WeightMismatchException">The checkpoint belongs to another network or another rule.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public TrainingPosition Fit(
        bool resume = false,
        Action<TrainingProgress>? progress = null,
        Action<string>? skipped = null,
        CancellationToken cancellation = default)
    {
        position = Start(resume, skipped);
        long first = position.Step;
        long began = plan.Clock.GetTimestamp();
        using TrainingLog? opened = plan.Folder is null ? null : new TrainingLog(Path.Combine(plan.Folder, "log.csv"), first);
        log = opened;
        using EventFile? board = plan.Folder is null || !plan.TensorBoard
            ? null : new EventFile(Path.Combine(plan.Folder, "events.out.tfevents.run"), first, plan.Clock);
        events = board;
        using BatchReader reader = training.Read(
            position.Epoch, position.StepInEpoch, plan.Epochs, plan.BatchesAhead, plan.LoaderThreads);
        while (!cancellation.IsCancellationRequested && reader.Next() is { } batch)
        {
            double rate = plan.Schedule.RateAt(position.Step);
            double loss = Learn(batch, rate);
            double sum = position.LossSum + loss;
            int made = position.StepInEpoch + 1;
            bool ended = made == training.BatchesInEpoch;
            position = position with { Step = position.Step + 1, StepInEpoch = made, LossSum = sum };
            ClassifierMetrics? metrics = ended ? Evaluate() : null;
            TimeSpan elapsed = plan.Clock.GetElapsedTime(began);
            if (ended || position.Step % plan.LogEvery == 0)
            {
                log?.Write(batch.Epoch, position.Step, loss, rate, metrics, elapsed.TotalSeconds);
                events?.Write(position.Step, loss, rate, metrics);
            }

            if (ended)
            {
                EndEpoch(metrics);
            }
            else if (plan.SaveEvery > 0 && position.Step % plan.SaveEvery == 0)
            {
                Save();
            }

            TimeSpan left = elapsed / (position.Step - first) * (Steps - position.Step);
            progress?.Invoke(new TrainingProgress(position, batch.Epoch, Steps, loss, sum / made, rate, metrics, left));
        }

        if (position.Step < Steps && position.Step > first)
        {
            Save();
        }

        return position;
    }

    private TrainingPosition Start(bool resume, Action<string>? skipped)
    {
        TrainingPosition fresh = new() { Seed = plan.Seed, Recipe = plan.Recipe };
        if (checkpoints is null)
        {
            return fresh;
        }

        AtomicFile.RemoveLeftovers(plan.Folder!);
        if (!resume)
        {
            string[] found = [.. new[] { checkpoints.LastPath, checkpoints.PreviousPath, checkpoints.BestPath }.Where(File.Exists)];
            return found.Length == 0
                ? fresh : throw new InvalidOperationException($"{found[0]} is of another run; resume that one, or take another folder.");
        }

        TrainingPosition start = checkpoints.Load(network, Update, skipped) ?? fresh;
        return start.Seed == plan.Seed
            ? start : throw new InvalidOperationException($"The checkpoint was made with seed {start.Seed}, the plan has {plan.Seed}.");
    }

    private double Learn(Batch batch, double rate)
    {
        double loss = 0;
        Span<float> inputs = step.Inputs[0].Span;
        Span<float> targets = step.Inputs[1].Span;
        for (int part = 0; part < plan.MicroBatches; part++)
        {
            batch.Inputs.AsSpan(part * inputs.Length, inputs.Length).CopyTo(inputs);
            batch.Targets.AsSpan(part * targets.Length, targets.Length).CopyTo(targets);
            step.Run(rate, position.Step);
            loss += step.Loss;
        }

        return loss / plan.MicroBatches;
    }

    private ClassifierMetrics? Evaluate()
    {
        if (evaluation is null || inference is null)
        {
            return null;
        }

        Update.SwapAverages();
        try
        {
            return ClassifierMetrics.Evaluate(inference, evaluation, plan.BatchesAhead, plan.LoaderThreads);
        }
        finally
        {
            Update.SwapAverages();
        }
    }

    private void EndEpoch(ClassifierMetrics? metrics)
    {
        bool better = metrics is { } found && !(found.Top1 <= position.Best);
        position = position with
        {
            Epoch = position.Epoch + 1,
            StepInEpoch = 0,
            LossSum = 0,
            Best = better ? metrics!.Value.Top1 : position.Best,
        };
        if (better)
        {
            // Before the last one: a run that dies between the two does this epoch's end again.
            checkpoints?.SaveBest(network, Update, position);
        }

        Save();
    }

    private void Save()
    {
        log?.FlushToDisk();
        events?.FlushToDisk();
        checkpoints?.Save(network, Update, position);
    }
}
