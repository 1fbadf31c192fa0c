using System.Text.Json;
using NonLocal.Cli;
using NonLocal.Cli.Rendering;

namespace NonLocal.Cli.Tests;

/// <summary>One run of the command inside the test's process, with streams that are not a screen.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a command line.</summary>
    public static CommandRun Of(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int exitCode = Application.Run(arguments, new Terminal(output, error, OutputIsScreen: false, ErrorIsScreen: false));
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>The one JSON value on the output; fails when there is more or nothing.</summary>
    public JsonElement Json() => JsonDocument.Parse(Output).RootElement;

    /// <summary>
    /// Fails unless the run refused its input: exit code 2, nothing on the output, exactly one line of error that holds the text.
    /// </summary>
    public void Refused(string text)
    {
        Assert.Equal(2, ExitCode);
        Assert.Equal("", Output);
        Assert.Equal(1, Error.Count(letter => letter == '\n'));
        Assert.EndsWith("\n", Error, StringComparison.Ordinal);
        Assert.StartsWith("nonlocal: ", Error, StringComparison.Ordinal);
        Assert.Contains(text, Error, StringComparison.Ordinal);
        Assert.DoesNotContain("internal error", Error, StringComparison.Ordinal);
    }
}
