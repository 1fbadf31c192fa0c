using System.Globalization;
using System.Text;
using NonLocal.Formats;

namespace NonLocal.Training;

/// <summary>
/// A run's numbers as CSV. Resuming cuts the file back to the checkpoint's step, so that the log of a run is the same however often it was
/// stopped.
/// </summary>
internal sealed class TrainingLog : IDisposable
{
    private const string Header = "epoch,step,loss,rate,top1,top5,evaluation_loss,seconds";
    private const int StepColumn = 1;
    private readonly FileStream file;
    private readonly double secondsBefore;

    /// <summary>Opens a log.</summary>
    /// <param name="path">The file; made when it is missing.</param>
    /// <param name="step">Lines of later steps are removed, and so is a line that was not finished.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public TrainingLog(string path, long step)
    {
        List<string> kept = [Header];
        if (step > 0 && File.Exists(path))
        {
            kept.AddRange(WholeLines(File.ReadAllText(path)).Where(line => StepOf(line) <= step));
        }

        secondsBefore = kept.Count > 1 ? double.Parse(kept[^1].Split(',')[^1], CultureInfo.InvariantCulture) : 0;
        byte[] content = Encoding.UTF8.GetBytes(string.Concat(kept.Select(line => line + "\n")));
        AtomicFile.Write(path, stream => stream.Write(content));
        file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Adds a line.</summary>
    public void Write(int epoch, long step, double loss, double rate, ClassifierMetrics? metrics, double seconds)
    {
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{epoch},{step},{(float)loss:R},{rate:R},{metrics?.Top1:R},{metrics?.Top5:R},{metrics?.Loss:R},{secondsBefore + seconds:F3}");
        file.Write(Encoding.UTF8.GetBytes(line + "\n"));
        file.Flush();
    }

    /// <summary>Waits until all lines are on the disk: a checkpoint must not know of steps that the log has lost.</summary>
    public void FlushToDisk() => file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static IEnumerable<string> WholeLines(string text) =>
        text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Split(',').Length == Header.Split(',').Length);

    private static long StepOf(string line) =>
        long.TryParse(line.Split(',')[StepColumn], CultureInfo.InvariantCulture, out long step) ? step : long.MaxValue;
}
