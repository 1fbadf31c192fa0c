using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using NonLocal.Cli.Recipes;
using NonLocal.Cli.Rendering;
using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors.Compile;
using NonLocal.Training;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal eval MODEL</c>.</summary>
internal sealed class EvalVerb : VerbCommand
{
    private const int Batch = 50;

    private readonly ModelArguments model = new();

    private readonly Option<string[]> data = new("--data")
    {
        Description = "Class folders, a .tar or .tar.gz of them, CIFAR's binary files, or an idx file. Pictures are resized as the model "
            + "says. Default: the test data of the checkpoint's recipe.",
        HelpName = "PATH",
        AllowMultipleArgumentsPerToken = true,
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
        Description = "Write the outputs as CSV: no header, one row a sample in the data's order.",
        HelpName = "CSV",
    };

    /// <summary>The verb.</summary>
    public EvalVerb()
        : base(
            "eval",
            "Classify a labelled data set and count what is right.",
            "nonlocal eval runs/cifar10-resnet20-nl/best.safetensors",
            "nonlocal eval cifar-resnet56 --weights resnet56.safetensors --data test.bin.gz --logits logits.csv --json")
    {
        model.AddTo(this);
        Options.Add(data);
        Options.Add(mean);
        Options.Add(deviation);
        Options.Add(logits);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        Classifier network = model.Load(arguments);
        ModelInfo info = network.Info with
        {
            Mean = ModelArguments.PerChannel("--mean", arguments.GetValue(mean), network.Info.Mean),
            Deviation = ModelArguments.PerChannel("--std", arguments.GetValue(deviation), network.Info.Deviation),
        };
        if (info.Deviation.Any(number => number <= 0))
        {
            throw new UsageException("--std must be above 0 for every channel.");
        }

        IReadOnlyList<string> paths = arguments.GetValue(data) is { Length: > 0 } given ? given
            : (File.Exists(model.File(arguments)) ? WeightFile.TestData(model.File(arguments)) : null)
                ?? throw new UsageException("--data is missing; it says what is classified.");
        PictureSet set = DataRecipe.Open(paths);
        int[] order = ClassOrder(set, network, paths[0]);
        network.Info = info;
        (float[] answers, double seconds) = Classify(network, set, new Progress(terminal, json, set.Count));
        if (arguments.GetValue(logits) is { } csv)
        {
            AtomicFile.Write(csv, stream => WriteRows(stream, answers, network.Classes));
        }

        Report(Count(answers, set, order, network.Classes, seconds), terminal, json);
        return 0;
    }

    // The output that belongs to each label of the data: by name where both have the same names, else by number.
    private static int[] ClassOrder(PictureSet set, Classifier network, string path)
    {
        if (set.ClassNames.Count != network.Classes)
        {
            throw new UsageException(
                $"{path} has {set.ClassNames.Count} classes, but {network.Info.Name} answers with {network.Classes}.");
        }

        string[] labels = [.. network.Info.Labels];
        int[] byName = [.. set.ClassNames.Select(name => Array.IndexOf(labels, name))];
        return byName.Contains(-1) ? [.. Enumerable.Range(0, network.Classes)] : byName;
    }

    private static (float[] Answers, double Seconds) Classify(Classifier network, PictureSet set, Progress progress)
    {
        ModelInfo info = network.Info;
        FittedPictures fitted = new(set, new PictureFit(info.Width, info.Height, info.ShorterSide));
        PictureSamples samples = new(fitted, info.Width, info.Height, [.. info.Mean], [.. info.Deviation]);
        BatchLoader loader = new(samples, Math.Min(Batch, set.Count), 0, training: false);
        Program program = network.CompileForInference([loader.BatchSize, info.Height, info.Width, 3]);
        float[] answers = new float[set.Count * network.Classes];
        double seconds = 0;
        int done = 0;
        using BatchReader reader = loader.Read(0, 0, 1);
        while (reader.Next() is { } batch)
        {
            long start = Stopwatch.GetTimestamp();
            batch.Inputs.CopyTo(program.Inputs[0].Span);
            program.Run();
            program.Outputs[0].Span[..(batch.Rows * network.Classes)].CopyTo(answers.AsSpan(done * network.Classes));
            seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
            done += batch.Rows;
            progress.Report(done);
        }

        progress.Clear();
        return (answers, seconds);
    }

    private static EvalResult Count(float[] answers, PictureSet set, int[] order, int classes, double seconds)
    {
        int best = 0;
        int amongFive = 0;
        for (int i = 0; i < set.Count; i++)
        {
            // Rank of the right class: how many outputs come before it. Equal ones stand in class order; a NaN is right about nothing.
            ReadOnlySpan<float> row = answers.AsSpan(i * classes, classes);
            int label = order[set.Label(i)];
            int above = 0;
            for (int c = 0; c < classes; c++)
            {
                above += row[c] < row[label] || (row[c] == row[label] && c >= label) ? 0 : 1;
            }

            best += above == 0 ? 1 : 0;
            amongFive += above < 5 ? 1 : 0;
        }

        return new EvalResult(best, set.Count, (double)best / set.Count, (double)amongFive / set.Count, set.Count / seconds);
    }

    private static void WriteRows(Stream stream, float[] answers, int classes)
    {
        using StreamWriter writer = new(stream, leaveOpen: true) { NewLine = "\n" };
        for (int first = 0; first < answers.Length; first += classes)
        {
            ArraySegment<float> row = new(answers, first, classes);
            writer.WriteLine(string.Join(',', row.Select(number => number.ToString("R", CultureInfo.InvariantCulture))));
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
        grid.Add("pictures a second", Figures.Fixed(result.ImagesPerSecond, 1));
        grid.Write(terminal);
    }
}
