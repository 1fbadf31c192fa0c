using System.CommandLine;
using NonLocal.Analysis;
using NonLocal.Cli.Explanation;
using NonLocal.Cli.Rendering;
using NonLocal.Models;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal explain [MODEL] PICTURE</c> and <c>nonlocal explain [MODEL] --data PATH</c>.</summary>
internal sealed class ExplainVerb : VerbCommand
{
    private readonly PictureArguments words = new(ArgumentArity.ZeroOrMore);

    private readonly Option<string[]> at = new("--at")
    {
        Description = "A pixel of the picture whose position is looked at, or of a frame among those that the network sees; may be given "
            + "several times. Default: four, in the middles of the quarters.",
        HelpName = "X,Y[,T]",
    };

    private readonly Option<string[]> block = new("--block")
    {
        Description = "A block that is looked at, by its place in the network (summary lists them); may be given several times. "
            + "Default: all.",
        HelpName = "PATH",
    };

    private readonly Option<string?> gradCam = new("--grad-cam")
    {
        Description = "Draw as well where the network sees evidence for a class (a label or a number), by default for the likeliest one.",
        HelpName = "CLASS",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> output = new("--output", "-o")
    {
        Description = "The folder for attention.png, attention.html and grad-cam.png.",
        DefaultValueFactory = _ => "nonlocal-explain",
        HelpName = "FOLDER",
    };

    private readonly Option<string[]> data = new("--data")
    {
        Description = "In place of a picture: measure how much the blocks depend on the position that reads, over labelled pictures (class "
            + "folders, a .tar or .tar.gz of them, CIFAR's binary files, or an idx file), or over clips for networks of clips.",
        HelpName = "PATH",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> samples = new("--samples")
    {
        Description = "With --data: how many of its pictures, at equal distances.",
        DefaultValueFactory = _ => 100,
        HelpName = "N",
    };

    private readonly Option<int> queries = new("--queries")
    {
        Description = "With --data: at how many positions of a block maps are compared, drawn at random; at all where there are fewer.",
        DefaultValueFactory = _ => 128,
        HelpName = "N",
    };

    /// <summary>The verb.</summary>
    public ExplainVerb()
        : base(
            "explain",
            "Show what the attention blocks of a network attend to.",
            "nonlocal explain photo.jpg --at 12,20 --at 40,8 --grad-cam",
            "nonlocal explain runs/x/best.safetensors --data cifar10/test --samples 500 --json")
    {
        words.AddTo(this);
        foreach (Option option in (Option[])[at, block, gradCam, output, data, samples, queries])
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        (Classifier network, string[] pictures) = words.Read(arguments);
        bool overData = arguments.GetValue(data) is { Length: > 0 };
        Refuse(arguments, overData ? [at, block, gradCam, output] : [samples, queries], overData ? "a picture" : "--data");
        switch (overData, pictures)
        {
            case (true, []):
                Measure(network, arguments, terminal, json);
                return 0;
            case (false, [string picture]):
                Explain(network, picture, arguments, terminal, json);
                return 0;
            case (true, _):
                throw new UsageException($"{pictures[0]} and --data: one of them can be explained at a time.");
            default:
                throw new UsageException(pictures.Length == 0
                    ? "What is explained? A picture, or with --data a data set."
                    : $"{pictures.Length} pictures are named; one can be explained at a time.");
        }
    }

    private void Explain(Classifier network, string picture, ParseResult arguments, Terminal terminal, bool json)
    {
        QueryPoint[] named = [.. arguments.GetValue(at)!.Select(QueryPoint.Parse)];
        IReadOnlyList<AttentionTap> taps = Chosen(network, arguments.GetValue(block)!);
        bool evidence = arguments.GetResult(gradCam) is not null;
        if (taps.Count == 0 && !evidence)
        {
            throw new UsageException($"{network.Info.Name} has no attention block to look at; --grad-cam explains any network.");
        }

        Subject subject = Subject.Of(picture, network.Info);
        string folder = arguments.GetValue(output)!;
        OutputFolder.Prepare(folder);
        Explainer explainer = new(network, subject, folder);
        if (taps.Count > 0)
        {
            explainer.ExplainBlocks(taps, named.Length > 0 ? named : subject.QuarterPoints());
        }

        if (evidence)
        {
            explainer.ExplainClass(arguments.GetValue(gradCam) ?? "");
        }

        explainer.Report(terminal, json);
    }

    private void Measure(Classifier network, ParseResult arguments, Terminal terminal, bool json)
    {
        int count = AtLeast("--samples", arguments.GetValue(samples), 1);
        int positions = AtLeast("--queries", arguments.GetValue(queries), 2);
        (int looked, IReadOnlyList<QueryDependence> blocks) = DependenceTable.Measure(
            network, arguments.GetValue(data)!, count, positions, new Progress(terminal, json));
        DependenceTable.Write(looked, blocks, terminal, json);
    }

    private static AttentionTap[] Chosen(Classifier network, string[] names)
    {
        AttentionTap[] all = [.. AttentionTap.All(network).Where(tap => tap.Target != AttentionTarget.Other)];
        string[] paths = [.. all.Select(tap => tap.Block.Path)];
        foreach (string name in names.Except(paths))
        {
            throw new UsageException(
                $"{network.Info.Name} has no block '{name}' to look at; it has {(paths.Length == 0 ? "none" : string.Join(", ", paths))}.");
        }

        return names.Length == 0 ? all : [.. all.Where(tap => names.Contains(tap.Block.Path))];
    }

    private static void Refuse(ParseResult arguments, Option[] options, string needed)
    {
        if (options.FirstOrDefault(option => arguments.GetResult(option) is { Implicit: false }) is { } found)
        {
            throw new UsageException($"{found.Name} goes with {needed}.");
        }
    }

    private static int AtLeast(string option, int number, int least) =>
        number >= least ? number : throw new UsageException($"{option} is {number}, expected at least {least}.");
}
