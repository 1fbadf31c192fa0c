using System.Globalization;
using NonLocal.Training;
using Spectre.Console;

namespace NonLocal.Cli.Rendering;

/// <summary>
/// How several trainings get on at the same time, on the error stream: a table that changes in place on a screen, otherwise a line at
/// the end of every epoch. Silent with --json.
/// </summary>
internal sealed class SideBySide(Terminal terminal, bool json, IReadOnlyList<string> names, int epochs)
{
    private const int MillisecondsBetween = 100;
    private readonly Lock gate = new();
    private readonly TrainingProgress?[] latest = new TrainingProgress?[names.Count];
    private readonly double?[] accuracies = new double?[names.Count];
    private long shown;

    /// <summary>Does the work and shows how it gets on.</summary>
    /// <param name="work">
    /// Is given what it calls after every step, from any thread: the number of the training, and where it stands.
    /// </param>
    public void Show(Action<Action<int, TrainingProgress>> work)
    {
        if (json)
        {
            work((_, _) => { });
        }
        else if (terminal.ErrorIsScreen)
        {
            IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Error) });
            console.Live(Draw()).AutoClear(true).Start(screen => work((which, progress) => Redraw(screen, which, progress)));
        }
        else
        {
            work(WriteLine);
        }
    }

    private void Redraw(LiveDisplayContext screen, int which, TrainingProgress progress)
    {
        lock (gate)
        {
            latest[which] = progress;
            accuracies[which] = progress.Evaluation?.Top1 ?? accuracies[which];
            long now = Environment.TickCount64;
            if (now - shown >= MillisecondsBetween || progress.Position.Step == progress.Steps)
            {
                shown = now;
                screen.UpdateTarget(Draw());
                screen.Refresh();
            }
        }
    }

    private void WriteLine(int which, TrainingProgress progress)
    {
        if (progress.Evaluation is { } metrics)
        {
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"{names[which]}: epoch {progress.Epoch + 1} of {epochs}, loss {progress.MeanLoss:F3}, "
                + $"held-out accuracy {100 * metrics.Top1:F1} %, {progress.TimeLeft.TotalSeconds:F0} s left");
            lock (gate)
            {
                terminal.Error.WriteLine(line);
            }
        }
    }

    private Table Draw()
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumn("training");
        foreach (string heading in (string[])["epoch", "step", "loss", "held-out accuracy", "time left"])
        {
            table.AddColumn(new TableColumn(heading).RightAligned());
        }

        for (int i = 0; i < names.Count; i++)
        {
            table.AddRow([.. Cells(i).Select(Markup.Escape)]);
        }

        return table;
    }

    private string[] Cells(int which)
    {
        if (latest[which] is not { } progress)
        {
            return [names[which], $"0/{epochs}", "", "", "", ""];
        }

        return
        [
            names[which],
            $"{progress.Epoch + 1}/{epochs}",
            $"{progress.Position.Step}/{progress.Steps}",
            Figures.Fixed(progress.MeanLoss, 3),
            accuracies[which] is { } share ? $"{Figures.Fixed(100 * share, 1)} %" : "",
            $"{Figures.Fixed(Math.Ceiling(progress.TimeLeft.TotalSeconds), 0)} s",
        ];
    }
}
