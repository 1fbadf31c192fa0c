using System.CommandLine;
using System.Globalization;
using NonLocal.Cli.Benchmarks;
using NonLocal.Cli.Comparison;
using NonLocal.Cli.Rendering;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal compare</c>.</summary>
internal sealed class CompareVerb : VerbCommand
{
    private const string DefaultSizes = "16,32,64,128,256";

    private readonly Argument<string[]> blocks = new("BLOCK")
    {
        Description = "Names of nonlocal blocks; non-local:dot-product chooses a pairwise function. Left out: all that read the input.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> shape = LayerSubject.ShapeOption("1x64x64x512");

    private readonly Option<bool> literal = new("--literal")
    {
        Description = "Add the definitions as they stand, where the usual route is another.",
    };

    private readonly Option<int> threads = new("--threads")
    {
        Description = "How many threads share the work. Default: one for each processor.",
        DefaultValueFactory = _ => Environment.ProcessorCount,
        HelpName = "N",
    };

    private readonly Option<int> repeat = new("--repeat")
    {
        Description = "How many runs are timed, after one that is not; fewer when they take more than 10 seconds together.",
        DefaultValueFactory = _ => 5,
        HelpName = "N",
    };

    private readonly Option<double> memory = new("--memory")
    {
        Description = "The most GiB of arena and outputs; what needs more is not run.",
        DefaultValueFactory = _ => 4,
        HelpName = "GIB",
    };

    private readonly Option<string?> picture = new("--picture")
    {
        Description = "Draw time and memory against the number of positions into this file.",
        HelpName = "FILE.svg",
    };

    private readonly Option<string?> sizes = new("--sizes")
    {
        Description = $"Sides of the picture's square maps. Default: {DefaultSizes}.",
        HelpName = "S,S,…",
    };

    private readonly Option<double> seconds = new("--seconds")
    {
        Description = "For the picture: no larger map is run when one run of it would take longer.",
        DefaultValueFactory = _ => 30,
        HelpName = "S",
    };

    /// <summary>The verb.</summary>
    public CompareVerb()
        : base(
            "compare",
            "Measure attention blocks side by side: parameters, arithmetic, memory, time, what a position reads.",
            "nonlocal compare --shape 1x64x64x512",
            "nonlocal compare --shape 1x64x64x64 non-local non-local:dot-product criss-cross --literal --picture compare.svg")
    {
        Arguments.Add(blocks);
        Options.Add(shape);
        Options.Add(literal);
        Options.Add(threads);
        Options.Add(repeat);
        Options.Add(memory);
        Options.Add(picture);
        Options.Add(sizes);
        Options.Add(seconds);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        Shape input = LayerSubject.InputShape(arguments.GetValue(shape)!, 3, 5);
        int workers = (int)Between("--threads", arguments.GetValue(threads), 1, 1024);
        int runs = (int)Between("--repeat", arguments.GetValue(repeat), 1, 1_000_000);
        long limit = (long)(Between("--memory", arguments.GetValue(memory), 0.001, 1 << 20) * (1L << 30));
        int[] sides = Sides(arguments, input);
        double most = Between("--seconds", arguments.GetValue(seconds), 0.001, 1e6);
        (ComparedSystem[] systems, string[] leftOut) = Systems(arguments.GetValue(blocks)!, input, arguments.GetValue(literal));

        Progress progress = new(terminal, json, systems.Length * (1 + sides.Length));
        int done = 0;
        void Advance() => progress.Report(++done);
        using WorkerPool pool = new(workers);
        CostMeter meter = new(pool, runs, limit);
        Dictionary<string, string> fields = systems.Select(system => system.Name).Distinct()
            .ToDictionary(name => name, name => ComparedSystem.Parse(name).ReceptiveField(input).Description);
        List<CompareRow> rows = [];
        foreach (ComparedSystem system in systems)
        {
            rows.Add(Row(system, input, meter, fields[system.Name]));
            Advance();
        }

        SizeSweep sweep = new(meter, sides, most);
        CompareCurve[] curves = sides.Length == 0 ? [] :
            [.. systems.Select(system => new CompareCurve(system.Name, system.Route, sweep.Run(system, input, Advance)))];
        progress.Clear();
        string? file = arguments.GetValue(picture);
        if (file is not null)
        {
            ComparisonPicture.Write(file, input, workers, sides, curves);
        }

        CompareResult result = new(
            input.ToString(), workers, runs, limit, [.. rows], leftOut, file is null ? null : curves, file);
        Show(result, terminal, json);
        return 0;
    }

    private static CompareRow Row(ComparedSystem system, Shape input, CostMeter meter, string field)
    {
        Layer layer = system.Create(input.Last);
        long flops = 2 * LayerSubject.Of(layer, input, train: false).LiteralMultiplyAdds;
        Cost? inference = meter.Measure(layer, input, train: false);
        Cost? training = meter.Measure(system.Create(input.Last), input, train: true);
        return new CompareRow(
            system.Name,
            system.Route,
            layer.Parameters().Sum(parameter => parameter.Shape.Count),
            flops,
            inference?.ArenaBytes,
            training?.ArenaBytes,
            inference?.Milliseconds,
            training?.Milliseconds,
            field);
    }

    // What was named has to read the input; of all blocks, those that do are taken.
    private static (ComparedSystem[] Systems, string[] LeftOut) Systems(string[] names, Shape input, bool literal)
    {
        ComparedSystem[] wanted = names.Length == 0 ? [.. ComparedSystem.All] : [.. names.Distinct().Select(ComparedSystem.Parse)];
        ComparedSystem[] readable = [.. wanted.Where(system => system.Reads(input))];
        if (names.Length > 0)
        {
            foreach (ComparedSystem system in wanted.Except(readable))
            {
                LayerSubject.Of(system.Create(input.Last), input, train: false);
            }
        }

        if (readable.Length == 0)
        {
            throw new UsageException($"No block reads maps of the shape {input}.");
        }

        IEnumerable<ComparedSystem> rows = literal
            ? readable.SelectMany(system => system.HasLiteral(input) ? [system, system.Literal] : (ComparedSystem[])[system])
            : readable;
        return ([.. rows], [.. wanted.Except(readable).Select(system => system.Name)]);
    }

    private int[] Sides(ParseResult arguments, Shape input)
    {
        string? text = arguments.GetValue(sizes);
        if (arguments.GetValue(picture) is not { } file)
        {
            return text is null ? [] : throw new UsageException("--sizes is for the picture; name its file with --picture FILE.svg.");
        }

        if (!file.EndsWith(".svg", StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"--picture is {file}, expected a name that ends with .svg.");
        }

        if (input.Rank != 4)
        {
            throw new UsageException($"--picture needs a --shape with two spatial axes, such as 1x64x64x512; it is {input}.");
        }

        OutputFolder.Prepare(Path.GetDirectoryName(Path.GetFullPath(file))!);
        int[] sides = [.. (text ?? DefaultSizes).Split(',').Select(word =>
            int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int side) && side is >= 1 and <= 4096
                ? side
                : throw new UsageException($"--sizes has '{word}', expected whole numbers from 1 to 4096 such as {DefaultSizes}."))];
        return sides.Length >= 2 && sides.Zip(sides.Skip(1)).All(pair => pair.First < pair.Second)
            ? sides
            : throw new UsageException($"--sizes is {text}, expected two or more that grow, such as {DefaultSizes}.");
    }

    private static double Between(string option, double number, double least, double most) =>
        number >= least && number <= most
            ? number
            : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{option} is {number}, expected {least} to {most}."));

    private static void Show(CompareResult result, Terminal terminal, bool json)
    {
        if (json)
        {
            Results.Write(terminal, result, Results.Default.CompareResult);
            return;
        }

        Grid grid = new(
            "system", ">parameters", ">MFLOP", ">arena, MB", ">in training", ">inference, ms", ">training, ms", "a position reads");
        foreach (CompareRow row in result.Systems)
        {
            grid.Add(
                ComparedSystem.TitleOf(row.System, row.Route),
                Figures.Whole(row.Parameters),
                Figures.Fixed(row.Flops / 1e6, 1),
                OrDash(row.ArenaBytes / 1e6, 1),
                OrDash(row.TrainingArenaBytes / 1e6, 1),
                OrDash(row.InferenceMs, 2),
                OrDash(row.TrainingMs, 2),
                row.ReceptiveField);
        }

        grid.Write(terminal);
        if (result.LeftOut.Length > 0)
        {
            terminal.Output.WriteLine($"left out, because they do not read {result.Input}: {string.Join(", ", result.LeftOut)}");
        }

        if (result.Picture is not null)
        {
            terminal.Output.WriteLine($"{result.Picture}: time and memory against the number of positions");
        }
    }

    private static string OrDash(double? number, int decimals) => number is { } known ? Figures.Fixed(known, decimals) : "–";
}
