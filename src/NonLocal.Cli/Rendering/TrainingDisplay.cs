using System.Globalization;
using NonLocal.Training;

namespace NonLocal.Cli.Rendering;

/// <summary>
/// A run as it goes: one line an epoch on the output, and on a screen one line that moves with every step. Silent with --json.
/// </summary>
/// <param name="terminal">Where it is shown.</param>
/// <param name="json">Whether the output is one JSON value.</param>
/// <param name="epochs">How many epochs the run has.</param>
/// <param name="batch">Samples of a step.</param>
/// <param name="samples">What they are called.</param>
internal sealed class TrainingDisplay(Terminal terminal, bool json, int epochs, int batch, string samples)
{
    private const long MillisecondsBetween = 200;
    private readonly long began = Environment.TickCount64;
    private long firstStep = -1;
    private long shown;
    private int width;

    /// <summary>A step was made.</summary>
    public void Report(TrainingProgress progress)
    {
        if (json)
        {
            return;
        }

        firstStep = firstStep < 0 ? progress.Position.Step - 1 : firstStep;
        long now = Environment.TickCount64;
        double rate = (progress.Position.Step - firstStep) * batch / Math.Max(0.001, (now - began) / 1000.0);
        bool ended = progress.Position.StepInEpoch == 0;
        if (ended)
        {
            Clear();
            terminal.Output.WriteLine(Line(progress, rate, Evaluation(progress)));
        }
        else if (terminal.ErrorIsScreen && now - shown > MillisecondsBetween)
        {
            shown = now;
            string line = Line(progress, rate, $"step {Figures.Whole(progress.Position.Step)} of {Figures.Whole(progress.Steps)}");
            terminal.Error.Write('\r' + line.PadRight(width));
            width = line.Length;
        }
    }

    /// <summary>Removes the moving line.</summary>
    public void Clear()
    {
        if (width > 0)
        {
            terminal.Error.Write('\r' + new string(' ', width) + '\r');
            width = 0;
        }
    }

    private static string Evaluation(TrainingProgress progress) => progress.Evaluation is { } found
        ? $"top 1 {Figures.Fixed(100 * found.Top1, 2)} %, loss {Figures.Fixed(found.Loss, 4)} on test data" : "no test data";

    private string Line(TrainingProgress progress, double rate, string end) => string.Create(
        CultureInfo.InvariantCulture,
        $"epoch {progress.Epoch + 1} of {epochs}: loss {progress.MeanLoss:F4}, {end}; "
        + $"rate {progress.Rate:G4}, {rate:F0} {samples} a second, {Left(progress.TimeLeft)} left");

    private static string Left(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:D2} min")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:D2} min");
}
