using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace NonLocal.Cli.Tests;

/// <summary>
/// A process that trains is killed without warning, at moments that chance chooses, and started again. NONLOCAL_KILLS=20 kills it more
/// often than the everyday run.
/// </summary>
public sealed class KilledTrainingTests(RecipeWorld world, ITestOutputHelper output) : IClassFixture<RecipeWorld>
{
    private const int EverydayKills = 3;
    private const int MostStepsBetweenKills = 3;
    private const int StepsInEpoch = 2;
    private const int Killed = 128 + 9;

    private static readonly int Kills =
        int.TryParse(Environment.GetEnvironmentVariable("NONLOCAL_KILLS"), CultureInfo.InvariantCulture, out int asked)
            ? asked : EverydayKills;

    // More steps than a run can have made before its last kill: up to three are waited for, and some more pass until the signal arrives.
    private static int Epochs => 4 + (4 * Kills);

    [Fact]
    public void Train_KilledAtRandomMomentsAndResumed_EndsInTheBytesOfAnUnbrokenRun()
    {
        string whole = world.In("whole");
        using (Process run = Start(whole, threads: 2))
        {
            run.WaitForExit();
            Assert.Equal(0, run.ExitCode);
        }

        string broken = world.In("broken");
        Random random = new(11);
        int whileSaving = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            using Process run = Start(broken, threads: 1 + (kill % 3));
            WaitForAMoment(run, broken, random, kill % 2 == 1);
            run.Kill();
            run.WaitForExit();
            Assert.Equal(Killed, run.ExitCode);
            bool saving = IsSaving(broken);
            whileSaving += saving ? 1 : 0;
            output.WriteLine($"kill {kill + 1}: after {Steps(broken)} steps{(saving ? ", while saving" : "")}");
        }

        using (Process run = Start(broken, threads: 2))
        {
            run.WaitForExit();
            Assert.Equal(0, run.ExitCode);
        }

        output.WriteLine($"{Kills} kills, {whileSaving} of them while saving; {Steps(broken)} steps");
        Assert.True(Kills < 20 || whileSaving > 0, "no kill came while a checkpoint was being saved");
        Assert.False(IsSaving(broken), "a temporary file is left");
        Assert.Equal(Epochs * StepsInEpoch, Steps(broken));
        Assert.Equal(WithoutTimes(whole), WithoutTimes(broken));
        foreach (string name in (string[])["last.safetensors", "previous.safetensors", "best.safetensors", "recipe.yaml"])
        {
            Assert.True(
                File.ReadAllBytes(Path.Combine(whole, name)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(broken, name))),
                $"{name} differs");
        }
    }

    // A run removes what earlier ones left before its first step.
    private static bool IsSaving(string folder) => Directory.GetFiles(folder, "*.tmp").Length > 0;

    // The log without its head; a line that is being written does not count.
    private static int Steps(string folder)
    {
        string log = Path.Combine(folder, "log.csv");
        if (!File.Exists(log))
        {
            return 0;
        }

        using FileStream file = new(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using StreamReader reader = new(file);
        return Math.Max(0, reader.ReadToEnd().Count(letter => letter == '\n') - 1);
    }

    private static string[] WithoutTimes(string folder) =>
        [.. File.ReadAllLines(Path.Combine(folder, "log.csv")).Select(line => line[..line.LastIndexOf(',')])];

    // After a random number of steps and then a random while, or, every other time, at the next checkpoint that is being written.
    private static void WaitForAMoment(Process run, string folder, Random random, bool saving)
    {
        int steps = Steps(folder) + random.Next(1, MostStepsBetweenKills + 1);
        int spins = random.Next(100_000);
        while (Steps(folder) < steps)
        {
            Assert.False(run.HasExited, "the run ended before it was killed");
            Thread.Sleep(1);
        }

        if (!saving)
        {
            Thread.SpinWait(spins);
            return;
        }

        while (!IsSaving(folder) && Steps(folder) < steps + MostStepsBetweenKills)
        {
            Thread.Yield();
        }
    }

    private Process Start(string folder, int threads)
    {
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
        };
        string[] words =
        [
            "exec", typeof(Application).Assembly.Location, "train", world.Recipe, $"training.epochs={Epochs}", "training.save_every=1",
            "--output", folder, "--resume", "--threads", threads.ToString(CultureInfo.InvariantCulture), "--json",
        ];
        foreach (string word in words)
        {
            start.ArgumentList.Add(word);
        }

        return Process.Start(start)!;
    }
}
