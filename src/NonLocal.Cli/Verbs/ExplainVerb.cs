using System.CommandLine;
using NonLocal.Analysis;
using NonLocal.Cli.Explanation;
using NonLocal.Cli.Recipes;
using NonLocal.Cli.Rendering;
using NonLocal.Models;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal explain [MODEL] --data PATH</c>.</summary>
internal sealed class ExplainVerb : VerbCommand
{
    private readonly PictureArguments words = new(ArgumentArity.ZeroOrMore);

    private readonly Option<string[]> data = new("--data")
    {
        Description = "Measure how much the blocks depend on the position that reads, over labelled pictures: class folders, a .tar or "
            + ".tar.gz of them, CIFAR's binary files, or an idx file.",
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
            "nonlocal explain --data cifar10/test",
            "nonlocal explain runs/x/best.safetensors --data cifar10/test --samples 500 --json")
    {
        words.AddTo(this);
        Options.Add(data);
        Options.Add(samples);
        Options.Add(queries);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        (Classifier network, string[] pictures) = words.Read(arguments);
        string[] paths = arguments.GetValue(data) is { Length: > 0 } given
            ? given : throw new UsageException("--data is missing; it says over which pictures is measured.");
        if (pictures.Length > 0)
        {
            throw new UsageException($"nobody looks at {pictures[0]}: --data says which pictures are measured.");
        }

        int count = AtLeast("--samples", arguments.GetValue(samples), 1);
        int positions = AtLeast("--queries", arguments.GetValue(queries), 2);
        (int looked, IReadOnlyList<QueryDependence> blocks) =
            DependenceTable.Measure(network, PictureDataRecipe.Open(paths), count, positions, new Progress(terminal, json));
        DependenceTable.Write(looked, blocks, terminal, json);
        return 0;
    }

    private static int AtLeast(string option, int number, int least) =>
        number >= least ? number : throw new UsageException($"{option} is {number}, expected at least {least}.");
}
