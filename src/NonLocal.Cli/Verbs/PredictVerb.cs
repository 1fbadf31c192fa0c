using System.CommandLine;
using NonLocal.Cli.Rendering;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal predict [MODEL] PICTURE…</c>.</summary>
internal sealed class PredictVerb : VerbCommand
{
    /// <summary>How many classes are shown unless told.</summary>
    internal const int DefaultTop = 5;

    private readonly PictureArguments words = new(ArgumentArity.OneOrMore);

    private readonly Option<int> top = new("--top")
    {
        Description = "How many classes to show.",
        DefaultValueFactory = _ => DefaultTop,
        HelpName = "K",
    };

    /// <summary>The verb.</summary>
    public PredictVerb()
        : base(
            "predict",
            "Say what is on pictures.",
            "nonlocal predict photo.jpg",
            "nonlocal predict resnet50 --weights resnet50.pth photo.png --top 3 --json")
    {
        words.AddTo(this);
        Options.Add(top);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        int most = arguments.GetValue(top);
        if (most < 1)
        {
            throw new UsageException($"--top is {most}, expected at least 1.");
        }

        (Classifier network, string[] pictures) = words.Read(arguments);
        if (network.Info.Clip is not null)
        {
            throw new UsageException($"{network.Info.Name} is a network of clips; nonlocal classify shows it videos.");
        }

        ProgramCache programs = new(network);
        List<PredictRow> rows = [];
        foreach (string path in pictures)
        {
            Tensor logits = programs.Run(PictureArguments.Prepare(PictureFile.Read(path), network.Info).Input);
            rows.Add(new PredictRow(path, Best(logits.Span, most, network.Info)));
        }

        if (json)
        {
            Results.Write(terminal, [.. rows], Results.Default.PredictRowArray);
        }
        else
        {
            Show(rows, terminal);
        }

        return 0;
    }

    /// <summary>The likeliest classes, by falling probability.</summary>
    internal static Guess[] Best(ReadOnlySpan<float> logits, int most, ModelInfo info)
    {
        double[] outputs = Array.ConvertAll(logits.ToArray(), number => (double)number);
        double largest = outputs.Max();
        double sum = outputs.Sum(output => Math.Exp(output - largest));
        return
        [
            .. Enumerable.Range(0, outputs.Length)
                .OrderByDescending(index => outputs[index])
                .Take(most)
                .Select(index => new Guess(info.Label(index), Math.Exp(outputs[index] - largest) / sum)),
        ];
    }

    private static void Show(List<PredictRow> rows, Terminal terminal)
    {
        Grid grid = new("file", "class", ">probability");
        foreach (PredictRow row in rows)
        {
            foreach (Guess guess in row.Top)
            {
                grid.Add(ReferenceEquals(guess, row.Top[0]) ? row.File : "", guess.Label, Figures.Fixed(guess.Probability, 4));
            }
        }

        grid.Write(terminal);
    }
}
