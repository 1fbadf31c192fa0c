using System.CommandLine;
using NonLocal.Cli.Evaluation;
using NonLocal.Cli.Recipes;
using NonLocal.Cli.Rendering;
using NonLocal.Formats;
using NonLocal.Models;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Datasets.Clips;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal eval MODEL</c>.</summary>
internal sealed class EvalVerb : VerbCommand
{
    private const int MostClassesShown = 40;

    private readonly ModelArguments model = new();

    private readonly Option<string[]> data = new("--data")
    {
        Description = "For a network of pictures: class folders, a .tar or .tar.gz of them, CIFAR's binary files, or an idx file; pictures "
            + "are resized as the model says. For a network of clips: class folders of clips, a list of clips, an idx file, or "
            + "tunnel:COUNT:SEED. Default: the test data of the checkpoint's recipe.",
        HelpName = "PATH",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> views = new("--views")
    {
        Description = "For clips: how many along a video, and how many cuts along the longer side of its frames; the mean of what the "
            + "network says about them counts. Default: 1x1.",
        HelpName = "CLIPSxCUTS",
    };

    private readonly Option<int?> cut = ClipEvaluation.CutOption();

    private readonly Option<string?> root = new("--root")
    {
        Description = "The folder that a list's paths are relative to. Default: the list's own.",
        HelpName = "FOLDER",
    };

    private readonly Option<string?> mean = new("--mean")
    {
        Description = "Subtracted from each channel; default: the model's.",
        HelpName = "R,G,B",
    };

    private readonly Option<string?> deviation = new("--std")
    {
        Description = "Divides each channel; default: the model's.",
        HelpName = "R,G,B",
    };

    private readonly Option<string?> logits = new("--logits")
    {
        Description = "Write the outputs (of clips the mean probabilities) as CSV: no header, one row a sample in the data's order.",
        HelpName = "CSV",
    };

    private readonly Option<string?> confusion = new("--confusion")
    {
        Description = "Write how often each class is taken for each other as CSV: a row for each class, a column for each answer.",
        HelpName = "CSV",
    };

    /// <summary>The verb.</summary>
    public EvalVerb()
        : base(
            "eval",
            "Classify a labelled data set and count what is right.",
            "nonlocal eval runs/cifar10-resnet20-nl/best.safetensors",
            "nonlocal eval runs/kinetics/best.safetensors --data kinetics/val.csv --views 10x3 --confusion confusion.csv --json")
    {
        model.AddTo(this);
        foreach (Option option in (Option[])[data, views, cut, root, mean, deviation, logits, confusion])
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        Classifier network = model.Load(arguments);
        ModelInfo info = network.Info;
        network.Info = info with
        {
            Mean = ModelArguments.PerChannel("--mean", arguments.GetValue(mean), info.Mean),
            Deviation = ModelArguments.PerChannel("--std", arguments.GetValue(deviation), info.Deviation),
        };
        if (network.Info.Deviation.Any(number => number <= 0))
        {
            throw new UsageException("--std must be above 0 for every channel.");
        }

        Progress progress = new(terminal, json);
        (Answers answers, EvalResult result) = info.Clip is null
            ? Pictures(arguments, network, progress) : Clips(arguments, network, progress);
        progress.Clear();
        Write(arguments.GetValue(logits), answers.WriteRows);
        Write(arguments.GetValue(confusion), answers.WriteConfusion);
        Report(result, terminal, json);
        return 0;
    }

    private (Answers Answers, EvalResult Result) Pictures(ParseResult arguments, Classifier network, Progress progress)
    {
        if (arguments.GetValue(views) is not null || arguments.GetValue(root) is not null || arguments.GetValue(cut) is not null)
        {
            throw new UsageException($"--views, --cut and --root are for clips; {network.Info.Name} is a network of pictures.");
        }

        IReadOnlyList<string> paths = arguments.GetValue(data) is { Length: > 0 } given ? given
            : OwnData(arguments)?.OptionalTexts("test") ?? throw MissingData();
        PictureSet set = PictureDataRecipe.Open(paths);
        int[] order = Order(set.ClassNames, network, paths[0]);
        (float[] numbers, double seconds) = PictureEvaluation.Run(network, set, progress.Report);
        Answers answers = new(
            numbers, Names(network), [.. Enumerable.Range(0, set.Count).Select(index => order[set.Label(index)])]);
        return (answers, answers.Count(set.Count / seconds, null));
    }

    private (Answers Answers, EvalResult Result) Clips(ParseResult arguments, Classifier network, Progress progress)
    {
        (int clips, int cuts) = ClipEvaluation.Views(arguments.GetValue(views) ?? "1x1");
        (string path, ClipSet set, ClipControl control) = arguments.GetValue(data) is { Length: > 0 } given
            ? (given[0], ClipData.Open(given[0], Named(network, arguments.GetValue(root))), ClipControl.None)
            : (OwnData(arguments) is { } section ? ClipDataRecipe.Test(section) : null) ?? throw MissingData();
        int[] order = Order(set.ClassNames, network, path);
        if (set.Problems.Count > 0)
        {
            throw new UsageException(
                $"{set.Problems.Count} clips cannot be used, the first is {set.Problems[0].Problem}; nonlocal data verify lists them all.");
        }

        ClipViews all = new(set, ClipData.Input(ClipEvaluation.Cut(network.Info, arguments.GetValue(cut)), path, control), clips, cuts);
        (float[] numbers, double seconds) = ClipEvaluation.Run(network, all, progress.Report);
        Answers answers = new(
            numbers, Names(network), [.. Enumerable.Range(0, set.Count).Select(index => order[set.Label(index)])]);
        return (answers, answers.Count(null, set.Count / seconds));
    }

    // A list may not hold every class, so the network says which there are; numbers stand for its names.
    private static ClipSetOptions Named(Classifier network, string? root) =>
        new() { Root = root, ClassNames = network.Info.Labels.Count == network.Classes ? network.Info.Labels : null };

    private RecipeSection? OwnData(ParseResult arguments) =>
        File.Exists(model.File(arguments)) ? WeightFile.DataSection(model.File(arguments)) : null;

    private static UsageException MissingData() => new("--data is missing; it says what is classified.");

    private static int[] Order(IReadOnlyList<string> classNames, Classifier network, string path) =>
        Answers.ClassOrder(classNames, network.Info.Labels, network.Classes, path, network.Info.Name);

    private static string[] Names(Classifier network) => [.. Enumerable.Range(0, network.Classes).Select(network.Info.Label)];

    private static void Write(string? path, Action<Stream> write)
    {
        if (path is not null)
        {
            AtomicFile.Write(path, write);
        }
    }

    private static void Report(EvalResult result, Terminal terminal, bool json)
    {
        if (json)
        {
            Results.Write(terminal, result, Results.Default.EvalResult);
            return;
        }

        Grid grid = new("quantity", ">value");
        grid.Add("right", $"{Figures.Whole(result.Correct)} of {Figures.Whole(result.Samples)}");
        grid.Add("top 1, %", Figures.Fixed(100 * result.Top1, 2));
        grid.Add("top 5, %", Figures.Fixed(100 * result.Top5, 2));
        (string name, double? rate) = result.ClipsPerSecond is null
            ? ("pictures a second", result.ImagesPerSecond) : ("clips a second", result.ClipsPerSecond);
        grid.Add(name, Figures.Fixed(rate!.Value, 1));
        grid.Write(terminal);
        if (result.Classes.Length > MostClassesShown)
        {
            return;
        }

        Grid classes = new("class", ">samples", ">right, %");
        foreach (EvalClass each in result.Classes)
        {
            string share = each.Samples == 0 ? "-" : Figures.Fixed(100.0 * each.Correct / each.Samples, 1);
            classes.Add(each.Name, Figures.Whole(each.Samples), share);
        }

        terminal.Output.WriteLine();
        classes.Write(terminal);
    }
}
