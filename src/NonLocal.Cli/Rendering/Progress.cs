using System.Globalization;

namespace NonLocal.Cli.Rendering;

/// <summary>One line on the error stream that counts up. Silent with --json and where the error stream is not a screen.</summary>
internal sealed class Progress(Terminal terminal, bool json, int total)
{
    private readonly bool visible = terminal.ErrorIsScreen && !json;
    private long shown;
    private int width;

    /// <summary>So many are done.</summary>
    public void Report(int done)
    {
        long now = Environment.TickCount64;
        if (visible && (now - shown > 100 || done == total))
        {
            shown = now;
            string line = string.Create(CultureInfo.InvariantCulture, $"{done}/{total}");
            width = line.Length;
            terminal.Error.Write('\r' + line);
        }
    }

    /// <summary>Removes the line.</summary>
    public void Clear()
    {
        if (visible && width > 0)
        {
            terminal.Error.Write('\r' + new string(' ', width) + '\r');
        }
    }
}
