using System.CommandLine;
using NonLocal.Cli.Rendering;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal predict [MODEL] PICTURE…</c>.</summary>
internal sealed class PredictVerb : VerbCommand
{
    private static readonly string[] WeightEndings = [".safetensors", ".pth", ".pt", ".th", ".ckpt"];

    private readonly Argument<string[]> words = new("[MODEL] PICTURE")
    {
        Description = "Pictures of any size: PNG, JPEG, or with ffmpeg installed BMP, GIF, TIFF, WebP and others. They are resized to what "
            + "the model was trained on. Before them may stand a model: a checkpoint of train, or a name. Default: "
            + $"{ShippedWeights.Default}, which knows CIFAR-10's ten classes.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> weights = new ModelArguments().Weights;

    private readonly Option<int> top = new("--top")
    {
        Description = "How many classes to show.",
        DefaultValueFactory = _ => 5,
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
        Arguments.Add(words);
        Options.Add(weights);
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

        (string? model, string[] pictures) = Split(arguments.GetValue(words)!);
        ImageClassifier network = Load(model, arguments.GetValue(weights));
        ProgramCache programs = new(network);
        List<PredictRow> rows = [];
        foreach (string path in pictures)
        {
            Tensor logits = programs.Run(Prepare(PictureFile.Read(path), network.Info));
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

    // The first word may be a model. One that is no file and has no ending is a name, perhaps a wrong one.
    private static (string? Model, string[] Pictures) Split(string[] words)
    {
        string first = words[0];
        string ending = Path.GetExtension(first);
        bool isModel = ModelArguments.IsName(first) || ShippedWeights.Names.Contains(first)
            || WeightEndings.Contains(ending, StringComparer.OrdinalIgnoreCase) || (ending.Length == 0 && !File.Exists(first));
        if (!isModel)
        {
            return (null, words);
        }

        return words.Length > 1 ? (first, words[1..]) : throw new UsageException($"No picture is named behind {first}.");
    }

    private static ImageClassifier Load(string? model, string? weights) => (model, weights) switch
    {
        (null, null) => WeightFile.Load(ShippedWeights.PathOf(ShippedWeights.Default)),
        (null, { } file) => WeightFile.Load(file),
        _ => ModelArguments.Load(model, weights),
    };

    private static Tensor Prepare(Picture picture, ModelInfo info)
    {
        Picture sized = new PictureFit(info.Width, info.Height, info.ShorterSide).Apply(picture);
        return Tensor.From([1, info.Height, info.Width, 3], PictureTransform.Normalize(sized, [.. info.Mean], [.. info.Deviation]));
    }

    private static Guess[] Best(ReadOnlySpan<float> logits, int most, ModelInfo info)
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
