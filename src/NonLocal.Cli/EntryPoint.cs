using NonLocal.Cli.Rendering;

namespace NonLocal.Cli;

/// <summary>Where the process begins.</summary>
internal static class EntryPoint
{
    private static int Main(string[] arguments) => Application.Run(arguments, Terminal.OfProcess());
}
