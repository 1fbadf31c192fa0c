using System.CommandLine;
using NonLocal.Analysis;
using NonLocal.Cli.Benchmarks;
using NonLocal.Cli.Rendering;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal summary MODEL</c>.</summary>
internal sealed class SummaryVerb : VerbCommand
{
    private readonly Argument<string> name = new("MODEL")
    {
        Description = $"A checkpoint or weight file that says what model it holds, or a model's name. {ModelArguments.Known}",
    };

    private readonly Option<string> shape = LayerSubject.ShapeOption("1x224x224x3");

    /// <summary>The verb.</summary>
    public SummaryVerb()
        : base(
            "summary",
            "Show what a network consists of and costs.",
            "nonlocal summary resnet50 --shape 1x224x224x3",
            "nonlocal summary c2d-resnet50-nl5 --shape 1x8x224x224x3 --json")
    {
        Arguments.Add(name);
        Options.Add(shape);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        string model = arguments.GetValue(name)!;
        ModelSummary summary = ModelSummary.Of(
            ModelArguments.CreateOrLoad(model), LayerSubject.InputShape(arguments.GetValue(shape)!, 4, 5));
        if (json)
        {
            Results.Write(terminal, Result(model, summary), Results.Default.SummaryResult);
        }
        else
        {
            Show(summary, terminal);
        }

        return 0;
    }

    private static SummaryResult Result(string model, ModelSummary summary) => new(
        model,
        summary.Input.ToString(),
        summary.Output.ToString(),
        [
            .. summary.Modules.Select(module => new SummaryRow(
                module.Path,
                module.Kind,
                module.Output.ToString(),
                module.Parameters,
                module.Flops,
                module.IsAttention ? module.Flops : 0,
                module.ActivationBytes)),
        ],
        summary.Parameters,
        summary.Flops,
        summary.AttentionFlops,
        summary.ActivationBytes,
        summary.ArenaBytes,
        summary.PackedBytes);

    private static void Show(ModelSummary summary, Terminal terminal)
    {
        Grid grid = new("module", "kind", "output", ">parameters", ">MFLOP", ">of it attention", ">activation bytes");
        foreach (ModuleSummary module in summary.Modules)
        {
            grid.Add(
                module.Path,
                module.Kind,
                module.Output.ToString(),
                Figures.Whole(module.Parameters),
                Figures.Fixed(module.Flops / 1e6, 2),
                module.IsAttention ? Figures.Fixed(module.Flops / 1e6, 2) : "",
                Figures.Whole(module.ActivationBytes));
        }

        grid.Add(
            "all",
            "",
            summary.Output.ToString(),
            Figures.Whole(summary.Parameters),
            Figures.Fixed(summary.Flops / 1e6, 2),
            Figures.Fixed(summary.AttentionFlops / 1e6, 2),
            Figures.Whole(summary.ActivationBytes));
        grid.Write(terminal);
        string arena = Figures.Whole(summary.ArenaBytes);
        terminal.Output.WriteLine($"arena {arena} bytes, packed weights {Figures.Whole(summary.PackedBytes)} bytes");
    }
}
