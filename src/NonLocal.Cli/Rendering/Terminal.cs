namespace NonLocal.Cli.Rendering;

/// <summary>Where a verb writes: results on the output, one line for an error and the progress on the error stream.</summary>
internal sealed record Terminal(TextWriter Output, TextWriter Error, bool OutputIsScreen, bool ErrorIsScreen)
{
    /// <summary>The standard streams of this process.</summary>
    public static Terminal OfProcess() => new(Console.Out, Console.Error, !Console.IsOutputRedirected, !Console.IsErrorRedirected);
}
