using System.Globalization;
using NonLocal.Layers;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Runtime;
using NonLocal.Training;

namespace NonLocal.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private const int Epochs = 3;
    private const int StepsInEpoch = 5;
    private const int Steps = Epochs * StepsInEpoch;
    private readonly string root = Directory.CreateTempSubdirectory("nonlocal-trainer-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Fit_StoppedAfterAnyStepAndResumed_EndsInTheSameBytes(int parts)
    {
        string whole = Unbroken(parts);
        for (int stop = 1; stop < Steps; stop++)
        {
            string folder = Path.Combine(root, $"stop{stop}");
            using CancellationTokenSource source = new();
            TrainingPosition at = Make(Plan(folder, parts)).Fit(
                progress: made => CancelAt(source, made.Position.Step, stop), cancellation: source.Token);
            Assert.Equal(stop, at.Step);
            Resume(folder, parts, threads: 1 + (stop % 3), ahead: stop % 4);
            AssertSame(whole, folder, $"stopped after step {stop}");
        }
    }

    [Fact]
    public void Fit_KilledAfterAnyStepAndResumed_EndsInTheSameBytes()
    {
        string whole = Unbroken(1);
        for (int kill = 1; kill <= Steps; kill++)
        {
            string folder = Killed(kill);
            Resume(folder, 1, threads: 2, ahead: 3);
            AssertSame(whole, folder, $"killed after step {kill}");
            Assert.Equal(
                Directory.GetFiles(whole).Select(Path.GetFileName).Order(), Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        }
    }

    [Fact]
    public void Fit_LastCheckpointDamaged_GoesOnFromTheOneBeforeAndSaysSo()
    {
        string whole = Unbroken(1);
        string folder = Killed(Steps - 1);
        string last = Path.Combine(folder, "last.safetensors");
        byte[] bytes = File.ReadAllBytes(last);
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(last, bytes);
        List<string> skipped = [];
        Make(Plan(folder, 1)).Fit(resume: true, skipped: skipped.Add);
        Assert.Contains("damaged", Assert.Single(skipped));
        AssertSame(whole, folder, "damaged");
    }

    [Fact]
    public void Fit_FinishedRunResumed_ChangesNothing()
    {
        string whole = Unbroken(1);
        byte[] before = File.ReadAllBytes(Path.Combine(whole, "last.safetensors"));
        Assert.Equal(Steps, Make(Plan(whole, 1)).Fit(resume: true, progress: _ => Assert.Fail("no step is left")).Step);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(whole, "last.safetensors")));
    }

    [Fact]
    public void Fit_ClassesThatCanBeTold_LearnsThem()
    {
        Sequential network = Network();
        TrainingPlan plan = Plan(null, 1) with { Epochs = 40, Schedule = new ConstantRate(0.02) };
        List<TrainingProgress> told = [];
        TrainingPosition end = new Trainer(network, new NumberSource(200), new NumberSource(99), plan).Fit(progress: told.Add);
        Assert.Equal(end.Step, told.Count);
        ClassifierMetrics first = told.First(made => made.Evaluation is not null).Evaluation!.Value;
        ClassifierMetrics last = told[^1].Evaluation!.Value;
        Assert.Equal(99, last.Samples);
        Assert.True(last.Top1 > 0.7 && last.Loss < first.Loss, $"{first} to {last}");
        Assert.Equal(told.Max(made => made.Evaluation?.Top1), end.Best);
        Assert.Equal(TimeSpan.Zero, told[^1].TimeLeft);
    }

    [Fact]
    public void Fit_Log_HasEveryStepAndMetricsAtTheEndOfEpochs()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Unbroken(1), "log.csv"));
        Assert.Equal("epoch,step,loss,rate,top1,top5,evaluation_loss,seconds", lines[0]);
        Assert.Equal(Steps + 1, lines.Length);
        for (int i = 1; i < lines.Length; i++)
        {
            string[] parts = lines[i].Split(',');
            Assert.Equal([(i - 1) / StepsInEpoch, i], parts[..2].Select(part => int.Parse(part, CultureInfo.InvariantCulture)));
            Assert.Equal(i % StepsInEpoch == 0, parts[4].Length > 0);
            Assert.Equal("0.000", parts[^1]);
        }
    }

    [Fact]
    public void Fit_FolderOfAnotherRun_Throws()
    {
        string whole = Unbroken(1);
        Assert.Contains(
            "resume that one", Assert.Throws<InvalidOperationException>(() => Make(Plan(whole, 1)).Fit()).Message);
        TrainingPlan other = Plan(whole, 1) with { Seed = 77 };
        Assert.Contains("seed 8", Assert.Throws<InvalidOperationException>(() => Make(other).Fit(resume: true)).Message);
    }

    [Fact]
    public void Create_BatchThatPartsDoNotDivide_Throws() =>
        Assert.Contains("3 equal parts", Assert.Throws<ArgumentException>(() => Make(Plan(null, 3))).Message);

    [Fact]
    public void Evaluate_KnownLogits_GivesRanksAndCrossEntropy()
    {
        // Equal logits go by class number, so that samples 0 and 4 of class 0 are right.
        Sequential network = new(new Function(x => x * 0.0));
        Program program = network.CompileForInference([4, NumberSource.Features]);
        ClassifierMetrics metrics = ClassifierMetrics.Evaluate(program, new BatchLoader(new NumberSource(6), 4, 1, training: false));
        Assert.Equal((2 / 6.0, 1.0, 6), (metrics.Top1, metrics.Top5, metrics.Samples));
        Assert.Equal(Math.Log(4), metrics.Loss, 1e-12);
    }

    private static void CancelAt(CancellationTokenSource source, long step, int stop)
    {
        if (step == stop)
        {
            source.Cancel();
        }
    }

    private static void AssertSame(string expected, string actual, string when)
    {
        foreach (string name in (string[])["last.safetensors", "best.safetensors", "log.csv", "events.out.tfevents.run"])
        {
            byte[] left = File.ReadAllBytes(Path.Combine(expected, name));
            byte[] right = File.ReadAllBytes(Path.Combine(actual, name));
            Assert.True(left.AsSpan().SequenceEqual(right), $"{name} differs: {when}.");
        }
    }

    private static Trainer Make(TrainingPlan plan) => new(Network(), new NumberSource(23), new NumberSource(9), plan);

    private static Sequential Network()
    {
        Sequential network = new(
            new Linear(NumberSource.Features, 8), new BatchNorm(8), Functions.Relu(), new Dropout(0.2, seed: 5), new Linear(8, 4));
        network.Initialize(4);
        return network;
    }

    private static TrainingPlan Plan(string? folder, int parts) => new()
    {
        Epochs = Epochs,
        BatchSize = 4,
        MicroBatches = parts,
        Schedule = new CosineRate(0.05, Steps).WithWarmUp(3),
        Rule = new UpdateRule { Optimizer = new Adam { WeightDecay = 0.01 }, MaximumNorm = 0.5, AverageDecay = 0.9 },
        Seed = 8,
        Folder = folder,
        SaveEvery = 3,
        TensorBoard = true,
        Recipe = "model: small",
        Clock = new StoppedClock(),
    };

    private static void Resume(string folder, int parts, int threads, int ahead)
    {
        using WorkerPool pool = new(threads);
        TrainingPlan plan = Plan(folder, parts) with
        {
            LoaderThreads = threads,
            BatchesAhead = ahead,
            Options = new CompileOptions { Pool = pool },
        };
        Assert.Equal(Steps, Make(plan).Fit(resume: true).Step);
    }

    private string Unbroken(int parts)
    {
        string folder = Path.Combine(root, $"whole{parts}");
        Make(Plan(folder, parts)).Fit();
        return folder;
    }

    // Nothing is saved on the way out; a line of the log and a checkpoint stay half written.
    private string Killed(int step)
    {
        string folder = Path.Combine(root, $"kill{step}");
        Assert.Throws<InvalidOperationException>(() => Make(Plan(folder, 1)).Fit(
            progress: made => _ = made.Position.Step == step ? throw new InvalidOperationException("killed") : step));
        File.AppendAllText(Path.Combine(folder, "log.csv"), $"9,{step + 1},0.1");
        File.AppendAllText(Path.Combine(folder, "events.out.tfevents.run"), "half a record");
        File.WriteAllText(Path.Combine(folder, $".last.safetensors.{Guid.NewGuid():N}.tmp"), "half");
        return folder;
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override long GetTimestamp() => 0;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(1000.5);
    }
}
