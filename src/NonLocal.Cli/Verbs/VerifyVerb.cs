using System.CommandLine;
using NonLocal.Cli.Rendering;
using NonLocal.Verification;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal verify FILE…</c>.</summary>
internal sealed class VerifyVerb : VerbCommand
{
    private readonly Argument<string[]> files = new("FILE")
    {
        Description = "Safetensors files with a block's inputs, parameters and results, as written from PyTorch.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> precision = new("--precision")
    {
        Description = "single: the compiled kernels, under each file's tolerances. double: the literal definitions, to 1e-6.",
        HelpName = "single|double",
        DefaultValueFactory = _ => "single",
    };

    private readonly Option<bool> byBlock = new("--by-block")
    {
        Description = "One line for each block: its files and the largest relative errors, of the forward pass and of gradients.",
    };

    /// <summary>The verb.</summary>
    public VerifyVerb()
        : base(
            "verify",
            "Compare blocks with the results of their published implementations. Exit code 1 when any file does not agree.",
            "nonlocal verify tests/fixtures/goldens/ccnet/*.safetensors --by-block",
            "nonlocal verify my_block.safetensors --precision double --json")
    {
        Arguments.Add(files);
        Options.Add(precision);
        Options.Add(byBlock);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        VerificationPrecision chosen = Choice.Of(
            "--precision", arguments.GetValue(precision)!,
            ("single", VerificationPrecision.Single), ("double", VerificationPrecision.Double));
        string[] paths = arguments.GetValue(files)!;
        List<VerificationResult> results = [];
        foreach (string path in paths)
        {
            results.Add(Verifier.Verify(path, chosen));
        }

        if (json)
        {
            Results.Write(terminal, [.. results.Select(Row)], Results.Default.VerifyRowArray);
        }
        else
        {
            if (arguments.GetValue(byBlock))
            {
                ShowBlocks(results, terminal);
            }
            else
            {
                Show(results, terminal);
            }

            int agreeing = results.Count(result => result.Status == VerificationStatus.Agree);
            terminal.Output.WriteLine($"{agreeing} of {results.Count} agree");
        }

        foreach (VerificationResult result in results.Where(
            result => result.Status is VerificationStatus.Unreadable or VerificationStatus.Unsupported))
        {
            string reason =
                result.Reason!.Contains(result.File, StringComparison.Ordinal) ? result.Reason : $"{result.File}: {result.Reason}";
            terminal.Error.WriteLine($"nonlocal: {reason}");
        }

        return results.TrueForAll(result => result.Status == VerificationStatus.Agree) ? 0 : 1;
    }

    private static VerifyRow Row(VerificationResult result) => new(
        result.File,
        result.Block,
        Word(result.Status),
        result.Worst is { } worst ? new WorstTensor(worst.Tensor, worst.Error, worst.Tolerance) : null,
        result.LargestForwardError,
        result.LargestGradientError,
        result.Reason);

    private static string Word(VerificationStatus status) => status.ToString().ToLowerInvariant();

    private static void Show(List<VerificationResult> results, Terminal terminal)
    {
        Grid grid = new("file", "block", "status", "worst tensor", ">error", ">tolerance");
        foreach (VerificationResult result in results)
        {
            TensorComparison? worst = result.Worst;
            grid.Add(
                terminal.OutputIsScreen ? Path.GetFileName(result.File) : result.File,
                result.Block,
                Word(result.Status),
                worst?.Tensor ?? "",
                worst is null ? "" : Figures.Error(worst.Error),
                worst is null ? "" : Figures.Error(worst.Tolerance));
        }

        grid.Write(terminal);
        foreach (VerificationResult result in results.Where(result => result is { Status: VerificationStatus.Differ, Reason: not null }))
        {
            terminal.Output.WriteLine($"{result.File}: {result.Reason}");
        }
    }

    // Files that name no block could not be read; each has its line on standard error.
    private static void ShowBlocks(List<VerificationResult> results, Terminal terminal)
    {
        Grid grid = new("block", ">files", ">agree", ">largest forward error", ">largest gradient error");
        foreach (IGrouping<string, VerificationResult> block in results
            .Where(result => result.Block.Length > 0)
            .GroupBy(result => result.Block)
            .OrderBy(block => block.Key, StringComparer.OrdinalIgnoreCase))
        {
            grid.Add(
                block.Key,
                Figures.Fixed(block.Count(), 0),
                Figures.Fixed(block.Count(result => result.Status == VerificationStatus.Agree), 0),
                Error(block.Max(result => result.LargestForwardError)),
                Error(block.Max(result => result.LargestGradientError)));
        }

        grid.Write(terminal);
    }

    private static string Error(double? error) => error is { } number ? Figures.Error(number) : "";
}
