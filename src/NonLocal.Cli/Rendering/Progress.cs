using System.Globalization;

namespace NonLocal.Cli.Rendering;

/// <summary>One line on the error stream that counts up. Silent with --json and where the error stream is not a screen.</summary>
/// <param name="terminal">Where it is shown.</param>
/// <param name="json">Whether the output is one JSON value.</param>
/// <param name="total">How many there are; 0 where <see cref="Report(int, int)"/> says so.</param>
internal sealed class Progress(Terminal terminal, bool json, int total = 0)
{
    private readonly bool visible = terminal.ErrorIsScreen && !json;
    private long shown;
    private int width;

    /// <summary>So many are done.</summary>
    public void Report(int done) => Report(done, total);

    /// <summary>So many are done, of so many.</summary>
    public void Report(int done, int of)
    {
        long now = Environment.TickCount64;
        if (visible && (now - shown > 100 || done == of))
        {
            shown = now;
            string line = string.Create(CultureInfo.InvariantCulture, $"{done}/{of}");
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
