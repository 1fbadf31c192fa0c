using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using NonLocal.Cli.Rendering;
using NonLocal.Cli.Verbs;

namespace NonLocal.Cli;

/// <summary>The command <c>nonlocal</c>: finds the verb, turns every error into one line and an exit code.</summary>
/// <remarks>Exit codes: 0 done, 1 checked and differs, 2 bad input or usage.</remarks>
internal sealed class Application
{
    private const int BadInput = 2;

    private readonly Option<bool> json = new("--json") { Description = "Write one JSON value and nothing else.", Recursive = true };

    private readonly Option<bool> debug = new("--debug") { Description = "Show where an error comes from.", Recursive = true };

    private readonly Command root = new("nonlocal", "Attention for convolutional networks: check, run, measure and convert.");

    private Application()
    {
        HelpOption help = new() { Recursive = true };
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        root.Options.Add(help);
        root.Options.Add(new VersionOption());
        root.Options.Add(json);
        root.Options.Add(debug);
        root.Subcommands.Add(new DemoVerb());
        root.Subcommands.Add(new VerifyVerb());
        root.Subcommands.Add(new TrainVerb());
        root.Subcommands.Add(new EvalVerb());
        root.Subcommands.Add(new PredictVerb());
        root.Subcommands.Add(new ClassifyVerb());
        root.Subcommands.Add(new ExplainVerb());
        root.Subcommands.Add(new DenoiseVerb());
        root.Subcommands.Add(new ConvertVerb());
        root.Subcommands.Add(new SummaryVerb());
        root.Subcommands.Add(new ModelsVerb());
        root.Subcommands.Add(new BlocksVerb());
        root.Subcommands.Add(new CompareVerb());
        root.Subcommands.Add(new Command("data", "Look at data sets.") { new DataVerifyVerb(), new DataGenerateVerb() });
        root.Subcommands.Add(new Command("bench", "Measure speed and memory, against the peak of the cores measured in the same run.")
        {
            new BenchBlockVerb(),
            new BenchModelVerb(),
            new BenchMatMulVerb(),
        });
    }

    /// <summary>Runs one command line.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments, Terminal terminal) => new Application().RunOnce(arguments, terminal);

    /// <summary>What is wrong with a command line, without running it; null when nothing is.</summary>
    public static string? Check(string[] arguments) => UsageProblem.Find(new Application().Parse(arguments), arguments);

    private ParseResult Parse(string[] arguments) =>
        root.Parse(arguments, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });

    private int RunOnce(string[] arguments, Terminal terminal)
    {
        ParseResult parsed = Parse(arguments);
        try
        {
            if (parsed.Action is not (null or ParseErrorAction))
            {
                return parsed.Invoke(new InvocationConfiguration
                {
                    Output = terminal.Output,
                    Error = terminal.Error,
                    EnableDefaultExceptionHandler = false,
                });
            }

            if (UsageProblem.Find(parsed, arguments) is { } problem)
            {
                throw new UsageException(problem);
            }

            return ((VerbCommand)parsed.CommandResult.Command).Run(parsed, terminal, parsed.GetValue(json));
        }
        catch (Exception error)
        {
            terminal.Error.WriteLine(parsed.GetValue(debug) ? error.ToString() : OneLine(error));
            return BadInput;
        }
    }

    // Errors that the library expects carry a sentence for the user. Anything else is a fault of this program and says so.
    private static string OneLine(Exception error)
    {
        string message = error switch
        {
            OverflowException => "these sizes are larger than this program can compute with.",
            UsageException or IOException or UnauthorizedAccessException or ArgumentException or FormatException
                or NotSupportedException or InvalidDataException or OutOfMemoryException => error.Message,
            _ => $"internal error, {error.GetType().Name}: {error.Message} (--debug shows where)",
        };
        return "nonlocal: " + string.Join(
            ' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    private sealed class HelpWithExamples(HelpAction page) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            int result = page.Invoke(parseResult);
            if (parseResult.CommandResult.Command is VerbCommand verb)
            {
                TextWriter output = parseResult.InvocationConfiguration.Output;
                output.WriteLine("Examples:");
                foreach (string example in verb.Examples)
                {
                    output.WriteLine($"  {example}");
                }

                output.WriteLine();
            }

            return result;
        }
    }
}
