using System.CommandLine;
using NonLocal.Analysis;
using NonLocal.Attention;
using NonLocal.Cli.Benchmarks;
using NonLocal.Cli.Rendering;
using NonLocal.Layers;
using NonLocal.Tensors;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal blocks</c>.</summary>
internal sealed class BlocksVerb : VerbCommand
{
    private const int MostAxes = 3;

    // Positions along every axis of the maps that blocks are asked about.
    private const int TriedLength = 8;

    private readonly Option<string> shape = new("--shape")
    {
        Description = "The map that costs are for, batch first and channels last.",
        HelpName = "NxHxWxC",
        DefaultValueFactory = _ => "1x64x64x512",
    };

    /// <summary>The verb.</summary>
    public BlocksVerb()
        : base(
            "blocks",
            "List the attention blocks: axes, cost against the literal definition, paper.",
            "nonlocal blocks --shape 1x32x32x256",
            "nonlocal blocks --json") =>
        Options.Add(shape);

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        Shape input = LayerSubject.InputShape(arguments.GetValue(shape)!, 3, 5);
        BlockRow[] rows = [.. AttentionRegistry.Names.Select(name => Row(name, input))];
        if (json)
        {
            Results.Write(terminal, rows, Results.Default.BlockRowArray);
        }
        else
        {
            Show(rows, terminal);
        }

        return 0;
    }

    private static BlockRow Row(string name, Shape input)
    {
        AttentionEntry entry = AttentionRegistry.Entries[name];
        int[] axes = [.. Enumerable.Range(1, MostAxes).Where(count => Reads(name, Map(count, input.Last)))];
        if (!Reads(name, input))
        {
            return new BlockRow(name, entry.Description, entry.Source, axes, null, null, null, null, null, "");
        }

        ModelSummary cheap = Summary(name, input, Route.Automatic);
        ModelSummary? literal = Reads(name, input, Route.Literal) ? Summary(name, input, Route.Literal) : null;
        string route = literal is null ? "literal too large"
            : cheap.Flops < literal.Flops ? "fewer FLOPs"
            : cheap.ArenaBytes < literal.ArenaBytes ? "less memory"
            : "as defined";
        return new BlockRow(
            name,
            entry.Description,
            entry.Source,
            axes,
            cheap.Parameters,
            cheap.Flops,
            literal?.Flops,
            cheap.ArenaBytes,
            literal?.ArenaBytes,
            route);
    }

    private static Shape Map(int axes, int channels) => [1, .. Enumerable.Repeat(TriedLength, axes), channels];

    // A literal definition may refuse a map that is too large for it.
    private static bool Reads(string name, Shape input, Route route = Route.Automatic)
    {
        try
        {
            LayerSubject.Of(AttentionRegistry.Create(name, input.Last, new AttentionChoice { Route = route }), input, train: false);
            return true;
        }
        catch (Exception error) when (error is ShapeException or ArgumentException)
        {
            return false;
        }
    }

    private static ModelSummary Summary(string name, Shape input, Route route) =>
        ModelSummary.Of(AttentionRegistry.Create(name, input.Last, new AttentionChoice { Route = route }), input);

    private static void Show(BlockRow[] rows, Terminal terminal)
    {
        Grid grid = new(
            "name", "axes", ">parameters", ">MFLOP", ">literal", ">arena, MB", ">literal", "route", "description", "paper");
        foreach (BlockRow row in rows)
        {
            grid.Add(
                row.Name,
                string.Join(", ", row.Axes),
                row.Parameters is { } parameters ? Figures.Whole(parameters) : "",
                Millions(row.Flops),
                Millions(row.LiteralFlops),
                Millions(row.ArenaBytes),
                Millions(row.LiteralArenaBytes),
                row.Route,
                row.Description,
                row.Source);
        }

        grid.Write(terminal);
    }

    private static string Millions(long? number) => number is { } known ? Figures.Fixed(known / 1e6, 1) : "";
}
