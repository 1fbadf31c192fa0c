using System.CommandLine;
using NonLocal.Analysis;
using NonLocal.Cli.Benchmarks;
using NonLocal.Cli.Rendering;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal summary MODEL</c>.</summary>
internal sealed class SummaryVerb : VerbCommand
{
    private const int Runs = 5;

    private readonly Argument<string> name = new("MODEL")
    {
        Description = $"A checkpoint or weight file that says what model it holds, or a model's name. {ModelArguments.Known}",
    };

    private readonly Option<string?> shape = LayerSubject.OptionalShapeOption("1x224x224x3");

    private readonly Option<bool> time = new("--time")
    {
        Description = $"Run the network as well, and show where its time goes: of every step the least time of {Runs} runs.",
    };

    /// <summary>The verb.</summary>
    public SummaryVerb()
        : base(
            "summary",
            "Show what a network consists of and costs.",
            "nonlocal summary cifar10-resnet20-nl --time",
            "nonlocal summary c2d-resnet50-nl5 --shape 1x8x224x224x3 --json")
    {
        Arguments.Add(name);
        Options.Add(shape);
        Options.Add(time);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        string model = arguments.GetValue(name)!;
        Classifier network = ModelArguments.CreateOrLoad(model);
        Shape input = arguments.GetValue(shape) is { } text ? LayerSubject.InputShape(text, 4, 5) : network.Info.InputShape(1);
        ModelSummary summary = ModelSummary.Of(network, input, timedRuns: arguments.GetValue(time) ? Runs : 0);
        SummaryBlock[] blocks = [.. AttentionTap.All(network).Select(tap => Block(tap.Block, summary))];
        if (json)
        {
            Results.Write(terminal, Result(model, summary, blocks), Results.Default.SummaryResult);
        }
        else
        {
            Show(summary, blocks, terminal);
        }

        return 0;
    }

    private static SummaryBlock Block(Layer block, ModelSummary summary)
    {
        ModuleSummary[] inside = [.. summary.Inside(block)];
        return new SummaryBlock(
            block.Path,
            block.GetType().Name,
            (double)inside.Sum(module => module.Flops) / summary.Flops,
            summary.Milliseconds is { } all ? inside.Sum(module => module.Milliseconds) / all : null);
    }

    private static SummaryResult Result(string model, ModelSummary summary, SummaryBlock[] blocks) => new(
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
                module.ActivationBytes,
                module.Milliseconds)),
        ],
        summary.Parameters,
        summary.Flops,
        summary.AttentionFlops,
        summary.ActivationBytes,
        summary.ArenaBytes,
        summary.PackedBytes,
        summary.Milliseconds,
        blocks);

    private static void Show(ModelSummary summary, SummaryBlock[] blocks, Terminal terminal)
    {
        bool timed = summary.Milliseconds is not null;
        string[] headings = ["module", "kind", "output", ">parameters", ">MFLOP", ">of it attention", ">activation bytes"];
        Grid grid = new(timed ? [.. headings, ">ms", ">% of time", ">% of FLOP"] : headings);
        foreach (ModuleSummary module in summary.Modules)
        {
            string[] cells =
            [
                module.Path,
                module.Kind,
                module.Output.ToString(),
                Figures.Whole(module.Parameters),
                Figures.Fixed(module.Flops / 1e6, 2),
                module.IsAttention ? Figures.Fixed(module.Flops / 1e6, 2) : "",
                Figures.Whole(module.ActivationBytes),
            ];
            grid.Add(timed ? [.. cells, .. Times(module.Milliseconds, module.Flops, summary)] : cells);
        }

        string[] all =
        [
            "all",
            "",
            summary.Output.ToString(),
            Figures.Whole(summary.Parameters),
            Figures.Fixed(summary.Flops / 1e6, 2),
            Figures.Fixed(summary.AttentionFlops / 1e6, 2),
            Figures.Whole(summary.ActivationBytes),
        ];
        grid.Add(timed ? [.. all, .. Times(summary.Milliseconds, summary.Flops, summary)] : all);
        grid.Write(terminal);
        foreach (SummaryBlock block in blocks)
        {
            string flops = $"{Figures.Fixed(100 * block.FlopsShare, 1)} % of the arithmetic";
            string share = block.TimeShare is { } part ? $", {Figures.Fixed(100 * part, 1)} % of the time" : "";
            terminal.Output.WriteLine($"{block.Block} ({block.Kind}): {flops}{share}");
        }

        string arena = Figures.Whole(summary.ArenaBytes);
        terminal.Output.WriteLine($"arena {arena} bytes, packed weights {Figures.Whole(summary.PackedBytes)} bytes");
    }

    private static string[] Times(double? milliseconds, long flops, ModelSummary summary) =>
    [
        Figures.Fixed(milliseconds ?? 0, 3),
        Figures.Fixed(100 * (milliseconds ?? 0) / summary.Milliseconds!.Value, 1),
        Figures.Fixed(100.0 * flops / summary.Flops, 1),
    ];
}
