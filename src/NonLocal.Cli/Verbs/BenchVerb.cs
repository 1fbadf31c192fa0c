using System.CommandLine;
using NonLocal.Cli.Benchmarks;
using NonLocal.Cli.Rendering;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Cli.Verbs;

/// <summary>What is measured: the forward pass, or forward and backward, as one graph.</summary>
/// <param name="Graph">The work.</param>
/// <param name="Outputs">What is computed.</param>
/// <param name="LiteralMultiplyAdds">Multiply-adds of the literal definition.</param>
internal sealed record BenchSubject(Graph Graph, IReadOnlyList<Value> Outputs, long LiteralMultiplyAdds);

/// <summary>What the verbs <c>bench block</c>, <c>bench model</c> and <c>bench matmul</c> have in common.</summary>
internal abstract class BenchVerb : VerbCommand
{
    private readonly Option<int> threads = new("--threads")
    {
        Description = "How many threads share the work. Default: one for each processor.",
        DefaultValueFactory = _ => Environment.ProcessorCount,
        HelpName = "N",
    };

    private readonly Option<int> repeat = new("--repeat")
    {
        Description = "How many runs are timed, after two that are not.",
        DefaultValueFactory = _ => 10,
        HelpName = "N",
    };

    /// <summary>A bench verb.</summary>
    protected BenchVerb(string name, string description, params string[] examples)
        : base(name, description, examples)
    {
        Options.Add(threads);
        Options.Add(repeat);
    }

    /// <inheritdoc/>
    public sealed override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        int workers = Between("--threads", arguments.GetValue(threads), 1024);
        int runs = Between("--repeat", arguments.GetValue(repeat), 1_000_000);
        BenchSubject subject = Build(arguments);
        Progress progress = new(terminal, json, runs);
        BenchResult result = Benchmark.Run(
            subject.Graph, subject.Outputs, subject.LiteralMultiplyAdds, workers, runs, progress.Report);
        progress.Clear();
        if (json)
        {
            Results.Write(terminal, result, Results.Default.BenchResult);
        }
        else
        {
            Show(result, terminal);
        }

        return 0;
    }

    /// <summary>The work that the command line describes.</summary>
    protected abstract BenchSubject Build(ParseResult arguments);

    private static int Between(string option, int number, int most) =>
        number >= 1 && number <= most ? number : throw new UsageException($"{option} is {number}, expected 1 to {most}.");

    private static void Show(BenchResult result, Terminal terminal)
    {
        Grid grid = new("quantity", ">value");
        grid.Add("median time, ms", Figures.Fixed(result.MedianMs, 3));
        grid.Add("shortest time, ms", Figures.Fixed(result.MinMs, 3));
        grid.Add("arithmetic, GFLOP", Figures.Fixed(result.Flops / 1e9, 3));
        grid.Add("of the literal definition, GFLOP", Figures.Fixed(result.LiteralFlops / 1e9, 3));
        grid.Add("speed, GFLOP/s", Figures.Fixed(result.Flops / result.MedianMs / 1e6, 1));
        grid.Add("share of the peak, %", Figures.Fixed(100 * result.PeakFraction, 1));
        grid.Add("threads", Figures.Whole(result.Threads));
        grid.Add("arena, bytes", Figures.Whole(result.ArenaBytes));
        grid.Add("input, bytes", Figures.Whole(result.InputBytes));
        grid.Add("output, bytes", Figures.Whole(result.OutputBytes));
        grid.Add("parameters, bytes", Figures.Whole(result.ParameterBytes));
        grid.Add("packed copies, bytes", Figures.Whole(result.PackedBytes));
        grid.Write(terminal);
    }
}
