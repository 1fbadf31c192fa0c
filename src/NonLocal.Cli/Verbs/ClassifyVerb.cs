using System.CommandLine;
using NonLocal.Cli.Classification;
using NonLocal.Cli.Evaluation;
using NonLocal.Cli.Recipes;
using NonLocal.Cli.Rendering;
using NonLocal.Models;
using NonLocal.Vision.Datasets.Clips;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal classify VIDEO…</c>.</summary>
internal sealed class ClassifyVerb : VerbCommand
{
    private readonly Argument<string[]> videos = new("VIDEO")
    {
        Description = "Y4M files or folders of frames, or with ffmpeg installed MP4, AVI, Matroska, WebM and others. A name that begins "
            + "with a dash stands behind --.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> model = new("--model")
    {
        Description = $"A checkpoint of train, or a name, with --weights. Default: {ShippedWeights.DefaultForClips}, which comes with the "
            + "program.",
        DefaultValueFactory = _ => ShippedWeights.DefaultForClips,
        HelpName = "MODEL",
    };

    private readonly Option<string?> weights = new ModelArguments().Weights;

    private readonly Option<string> views = new("--views")
    {
        Description = "How many clips along the video, and how many cuts along the longer side of its frames; the mean of what the network "
            + "says about them is shown.",
        DefaultValueFactory = _ => "1x1",
        HelpName = "CLIPSxCUTS",
    };

    private readonly Option<int?> cut = ClipEvaluation.CutOption();

    private readonly Option<int> top = new("--top")
    {
        Description = "How many classes to show.",
        DefaultValueFactory = _ => 5,
        HelpName = "K",
    };

    private readonly Option<string?> attention = new("--attention")
    {
        Description = "Draw what a position of the network's last attention block reads in the frames of the clip in the video's middle.",
        HelpName = "PNG",
    };

    private readonly Option<string?> attend = new("--attend")
    {
        Description = "The position that reads: a frame of the clip, from 0, and a row and a column of it as the network sees it. Default: "
            + "the one that reads most from one place of another frame.",
        HelpName = "T,Y,X",
    };

    /// <summary>The verb.</summary>
    public ClassifyVerb()
        : base(
            "classify",
            "Say what happens in videos.",
            "nonlocal classify clip.y4m --attention attention.png",
            "nonlocal classify holiday.mp4 --model runs/kinetics/best.safetensors --views 10x3 --top 3 --json")
    {
        Arguments.Add(videos);
        foreach (Option option in (Option[])[model, weights, views, cut, top, attention, attend])
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        int most = arguments.GetValue(top);
        if (most < 1)
        {
            throw new UsageException($"--top is {most}, expected at least 1.");
        }

        (int clips, int cuts) = ClipEvaluation.Views(arguments.GetValue(views)!);
        string[] paths = arguments.GetValue(videos)!;
        string? sheet = arguments.GetValue(attention);
        (int Frame, int Y, int X)? query = arguments.GetValue(attend) is { } text ? ClipPoint(text) : null;
        if (sheet is null ? query is not null : paths.Length > 1)
        {
            throw new UsageException(
                sheet is null ? "--attend needs --attention, the picture to write." : "--attention draws one video; name one.");
        }

        Classifier network = ModelArguments.Load(arguments.GetValue(model)!, arguments.GetValue(weights));
        ClipInput input = ClipData.Input(ClipEvaluation.Cut(network.Info, arguments.GetValue(cut)), "videos");
        List<ClassifyRow> rows = [];
        foreach (string path in paths)
        {
            ClipViews all = new(new SingleVideo(path), input, clips, cuts);
            (float[] probabilities, _) = ClipEvaluation.Run(network, all, (_, _) => { });
            rows.Add(new ClassifyRow(path, Best(probabilities, most, network.Info)));
        }

        if (sheet is not null)
        {
            ClipAttention seen = ClipAttention.Look(network, new ClipViews(new SingleVideo(paths[0]), input, 1, 1), query);
            Png.Write(sheet, ClipSheet.Draw(seen, $"{Path.GetFileName(paths[0])}: {rows[0].Top[0].Label}"));
        }

        if (json)
        {
            Results.Write(terminal, [.. rows], Results.Default.ClassifyRowArray);
        }
        else
        {
            Show(rows, sheet, terminal);
        }

        return 0;
    }

    private static (int Frame, int Y, int X) ClipPoint(string text)
    {
        int[] numbers = [.. text.Split(',').Select(part => int.TryParse(part, out int number) && number >= 0 ? number : -1)];
        return numbers.Length == 3 && !numbers.Contains(-1)
            ? (numbers[0], numbers[1], numbers[2])
            : throw new UsageException($"--attend is '{text}', expected a frame, a row and a column with commas, such as 4,20,31.");
    }

    private static Guess[] Best(float[] probabilities, int most, ModelInfo info) =>
    [
        .. Enumerable.Range(0, probabilities.Length)
            .OrderByDescending(index => probabilities[index])
            .Take(most)
            .Select(index => new Guess(info.Label(index), probabilities[index])),
    ];

    private static void Show(List<ClassifyRow> rows, string? sheet, Terminal terminal)
    {
        Grid grid = new("video", "class", ">probability");
        foreach (ClassifyRow row in rows)
        {
            foreach (Guess guess in row.Top)
            {
                grid.Add(ReferenceEquals(guess, row.Top[0]) ? row.Video : "", guess.Label, Figures.Fixed(guess.Probability, 4));
            }
        }

        grid.Write(terminal);
        if (sheet is not null)
        {
            terminal.Output.WriteLine($"{sheet}: what the network attends to");
        }
    }
}
