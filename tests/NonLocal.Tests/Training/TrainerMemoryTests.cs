using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Runtime;
using NonLocal.Training;

namespace NonLocal.Tests.Training;

/// <summary>What a run takes: as much as it says before, and no more after many steps than after few.</summary>
[Collection(nameof(Alone))]
public sealed class TrainerMemoryTests : IDisposable
{
    private const int Early = 200;
    private const int Late = 700;
    private const int Looks = 6;
    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal-memory-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Fit_FiveHundredSteps_MemoryDoesNotGrow()
    {
        Sequential network = new(new Linear(NumberSource.Features, 8), new BatchNorm(8), Functions.Relu(), new Linear(8, 4));
        TrainingPlan plan = new()
        {
            Epochs = 1,
            BatchSize = 4,
            Schedule = new ConstantRate(0.01),
            Rule = new UpdateRule { Optimizer = new Adam(), MaximumNorm = 1, AverageDecay = 0.9 },
            Folder = folder,
        };
        (long Thread, long All, long Live, long Process) early = default;
        (long Thread, long All, long Live, long Process) late = default;
        new Trainer(network, new NumberSource(4 * (Late + 1)), null, plan).Fit(progress: made =>
        {
            early = made.Position.Step == Early ? Measured() : early;
            late = made.Position.Step == Late ? Measured() : late;
        });

        // The step itself allocates nothing (see LearningStepTests); this is the line of the log, the position and the progress.
        const int steps = Late - Early;
        Assert.InRange((late.Thread - early.Thread) / steps, 0, 1000);

        // With the preparation of batches on another thread.
        Assert.InRange((late.All - early.All) / steps, 0, 2000);
        Assert.InRange(late.Live - early.Live, long.MinValue, 16_000);
        Assert.InRange(late.Process - early.Process, long.MinValue, 8_000_000);
    }

    [Fact]
    public void ProgramBytes_BeforeTheRun_AreWhatItTakesBesideVariables()
    {
        // Wide, so that weights, their gradients and packed copies are much larger than what graphs and plans take.
        Sequential network = new(new Linear(WideSource.Features, 512), Functions.Relu(), new Linear(512, 4));
        TrainingPlan plan = new()
        {
            Epochs = 1,
            BatchSize = 64,
            Schedule = new ConstantRate(0.01),
            Rule = new UpdateRule { Optimizer = new Sgd { Momentum = 0.9 } },
        };
        long parameterBytes = network.Parameters().Sum(parameter => parameter.Shape.Count) * sizeof(float);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Trainer trainer = new(network, new WideSource(), new WideSource(), plan);
        long said = trainer.ProgramBytes;
        trainer.Fit();
        long momentumBytes = parameterBytes;
        long taken = GC.GetTotalMemory(forceFullCollection: true) - before - momentumBytes;
        Assert.InRange(taken - said, -1000, 300_000);
        Assert.Equal(said, trainer.ProgramBytes);
        Assert.True(said > 2 * parameterBytes, "the gradients and the packed copies are part of it");
    }

    private static (long Thread, long All, long Live, long Process) Measured() => (
        GC.GetAllocatedBytesForCurrentThread(),
        GC.GetTotalAllocatedBytes(precise: true),
        LiveBytes(),
        Environment.WorkingSet);

    // The runner of the tests holds 16 KB more for some milliseconds now and then. What the run holds is there in every look.
    private static long LiveBytes()
    {
        long least = long.MaxValue;
        for (int look = 0; look < Looks; look++)
        {
            least = Math.Min(least, GC.GetTotalMemory(forceFullCollection: true));
            Thread.Sleep(look);
        }

        return least;
    }

    private sealed class WideSource : ISampleSource
    {
        public const int Features = 3072;

        public int Count => 64;

        public Shape InputShape => [Features];

        public Shape TargetShape => Shape.Scalar;

        public void Fill(int index, RandomStream random, Span<float> input, Span<float> target)
        {
            input.Fill(index);
            target[0] = index % 4;
        }
    }
}
