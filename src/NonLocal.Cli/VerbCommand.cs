using System.CommandLine;
using NonLocal.Cli.Rendering;

namespace NonLocal.Cli;

/// <summary>One verb of the command: its arguments, its work and two examples for its help page.</summary>
internal abstract class VerbCommand : Command
{
    /// <summary>A verb.</summary>
    /// <param name="name">What is typed.</param>
    /// <param name="description">One sentence.</param>
    /// <param name="examples">Two command lines that work when copied.</param>
    protected VerbCommand(string name, string description, params string[] examples)
        : base(name, description) =>
        Examples = examples;

    /// <summary>Command lines to copy.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Does the work.</summary>
    /// <returns>0: done, 1: checked and differs.</returns>
    public abstract int Run(ParseResult arguments, Terminal terminal, bool json);
}
