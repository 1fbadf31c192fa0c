using System.CommandLine;
using System.Diagnostics;
using NonLocal.Cli.Demonstration;
using NonLocal.Cli.Rendering;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal demo</c>.</summary>
internal sealed class DemoVerb : VerbCommand
{
    private const int PictureStep = 64;
    private const int MostPictures = 1 << 17;

    private readonly Option<ulong> seed = new("--seed")
    {
        Description = "Of pictures, first weights and order.",
        DefaultValueFactory = _ => 1,
        HelpName = "S",
    };

    private readonly Option<string> output = new("--output")
    {
        Description = "The folder for the picture; made where it is missing.",
        DefaultValueFactory = _ => "nonlocal-demo",
        HelpName = "FOLDER",
    };

    private readonly Option<int> threads = new("--threads")
    {
        Description = "How many threads the two trainings share. Default: one for each processor. Changes no result.",
        DefaultValueFactory = _ => Environment.ProcessorCount,
        HelpName = "N",
    };

    private readonly Option<int> pictures = new("--pictures")
    {
        Description = $"How many pictures are learned from, a multiple of {PictureStep}; an eighth as many are held out.",
        DefaultValueFactory = _ => 6144,
        HelpName = "N",
    };

    private readonly Option<int> epochs = new("--epochs")
    {
        Description = "How often each picture is learned from.",
        DefaultValueFactory = _ => 4,
        HelpName = "N",
    };

    /// <summary>The verb.</summary>
    public DemoVerb()
        : base(
            "demo",
            "Train a small network with and without a non-local block on a question about distant marks, and show what the block reads.",
            "nonlocal demo",
            "nonlocal demo --seed 2 --output results --threads 2 --json")
    {
        Options.Add(seed);
        Options.Add(output);
        Options.Add(threads);
        Options.Add(pictures);
        Options.Add(epochs);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        int workers = Between("--threads", arguments.GetValue(threads), 1024);
        int count = Between("--pictures", arguments.GetValue(pictures), MostPictures);
        if (count % PictureStep != 0)
        {
            throw new UsageException($"--pictures is {count}, expected a multiple of {PictureStep}.");
        }

        DemoTask task = new(arguments.GetValue(seed), count, Between("--epochs", arguments.GetValue(epochs), 1000));
        string folder = arguments.GetValue(output)!;
        OutputFolder.Prepare(folder);
        string path = Path.Combine(folder, "attention.png");

        long start = Stopwatch.GetTimestamp();
        Demo demo = new(task);
        Picture sheet = Run(demo, workers, new SideBySide(terminal, json, Contender.Names, task.Epochs));
        Png.Write(path, sheet);
        Report(task, demo, path, Stopwatch.GetElapsedTime(start).TotalSeconds, terminal, json);
        return 0;
    }

    // Ctrl-C stops between two steps, so that the screen is left in order.
    private static Picture Run(Demo demo, int workers, SideBySide display)
    {
        using CancellationTokenSource source = new();
        void Stop(object? sender, ConsoleCancelEventArgs pressed)
        {
            pressed.Cancel = true;
            source.Cancel();
        }

        Console.CancelKeyPress += Stop;
        try
        {
            return demo.Run(workers, display, source.Token);
        }
        catch (OperationCanceledException)
        {
            throw new UsageException("stopped before the end; nothing was written.");
        }
        finally
        {
            Console.CancelKeyPress -= Stop;
        }
    }

    private static void Report(DemoTask task, Demo demo, string path, double seconds, Terminal terminal, bool json)
    {
        DemoOutcome outcome = demo.Outcome!;
        DemoRow[] rows =
        [
            new(Contender.Names[0], demo.Parameters[0], outcome.Without.Top1, outcome.Without.Loss),
            new(Contender.Names[1], demo.Parameters[1], outcome.With.Top1, outcome.With.Loss),
        ];
        if (json)
        {
            bool separate = outcome.Verdict != 0;
            DemoResult result = new(
                task.Seed,
                task.Pictures,
                task.HeldOut,
                task.Epochs,
                rows,
                DemoTask.Chance,
                DemoTask.LimitOfSums,
                separate,
                DependenceRow.Of(demo.Dependence!),
                path,
                seconds);
            Results.Write(terminal, result, Results.Default.DemoResult);
            return;
        }

        Grid grid = new("network", ">parameters", ">held-out accuracy, %", ">loss");
        foreach (DemoRow row in rows)
        {
            grid.Add(row.Network, Figures.Whole(row.Parameters), DemoOutcome.Percent(row.Accuracy), Figures.Fixed(row.Loss, 3));
        }

        grid.Add("a guess", "", DemoOutcome.Percent(DemoTask.Chance), Figures.Fixed(Math.Log(2), 3));
        grid.Write(terminal);
        terminal.Output.WriteLine(outcome.Sentence);
        terminal.Output.WriteLine(DemoOutcome.Reason);
        terminal.Output.WriteLine(demo.Reading);
        terminal.Output.WriteLine($"{path}: what the block reads ({Figures.Fixed(seconds, 0)} s in all)");
    }

    private static int Between(string option, int number, int most) =>
        number >= 1 && number <= most ? number : throw new UsageException($"{option} is {number}, expected 1 to {most}.");
}
