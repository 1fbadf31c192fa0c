using System.CommandLine;
using System.Text;
using NonLocal.Cli.Rendering;
using NonLocal.Formats;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Datasets.Clips;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal data verify PATH</c>.</summary>
internal sealed class DataVerifyVerb : VerbCommand
{
    private readonly Argument<string> path = new("PATH")
    {
        Description = "A folder of class folders (of pictures, of clips, or of folders of frames), a .tar or .tar.gz of one with pictures, "
            + "a CIFAR binary file, an idx file of pictures or clips with its labels beside it, or a list of clips: a .txt or .csv file "
            + "with a path and a class in each line.",
    };

    private readonly Option<string?> root = new("--root")
    {
        Description = "The folder that a list's paths are relative to. Default: the list's own.",
        HelpName = "FOLDER",
    };

    private readonly Option<string?> bad = new("--bad")
    {
        Description = "Write the bad samples to a file, one in each line, with the reason.",
        HelpName = "FILE",
    };

    private readonly Option<int?> classes = new("--classes")
    {
        Description = "How many classes there have to be.",
        HelpName = "N",
    };

    /// <summary>The verb.</summary>
    public DataVerifyVerb()
        : base(
            "verify",
            "Decode every sample of a data set once and name the bad ones. Exit code 1 when there are any.",
            "nonlocal data verify photos/train",
            "nonlocal data verify kinetics/train.csv --root kinetics/videos --classes 400 --bad bad.txt")
    {
        Arguments.Add(path);
        Options.Add(classes);
        Options.Add(root);
        Options.Add(bad);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        int? expected = arguments.GetValue(classes);
        if (expected < 1)
        {
            throw new UsageException($"--classes is {expected}, expected at least 1.");
        }

        string name = arguments.GetValue(path)!;
        Progress progress = new(terminal, json);
        DatasetReport report = Verify(name, arguments.GetValue(root), expected, progress.Report);
        progress.Clear();
        if (arguments.GetValue(bad) is { } file)
        {
            AtomicFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(
                string.Concat(report.Bad.Select(sample => sample.Problem + "\n")))));
        }

        if (json)
        {
            Results.Write(terminal, Result(name, report.Counts.Sum(), report), Results.Default.DataResult);
        }
        else
        {
            Show(report.Counts.Sum(), report, terminal);
        }

        return report.IsGood ? 0 : 1;
    }

    private static DatasetReport Verify(string path, string? root, int? classes, Action<int, int> progress)
    {
        if (!ClipSet.Recognizes(path))
        {
            return root is null
                ? DatasetCheck.Verify(PictureSet.Open(path), classes: classes, progress: progress)
                : throw new UsageException($"--root is for lists of clips, {path} is none.");
        }

        return ClipCheck.Verify(ClipSet.Open(path, new ClipSetOptions { Root = root }), classes, progress);
    }

    private static DataResult Result(string path, int samples, DatasetReport report) => new(
        path,
        report.Kind,
        samples,
        [.. report.ClassNames.Zip(report.Counts, (name, count) => new DataClass(name, count))],
        [.. report.Sizes.Select(size => new DataSize(size.Size.Width, size.Size.Height, size.Size.Channels, size.Count))],
        [.. report.Problems],
        [.. report.Bad.Select(bad => new DataPicture(bad.Index, bad.Problem))],
        [.. report.Unusual.Select(unusual => new DataPicture(unusual.Index, unusual.Problem))]);

    private static void Show(int samples, DatasetReport report, Terminal terminal)
    {
        Grid quantities = new("quantity", ">value");
        quantities.Add("kind", report.Kind);
        quantities.Add("samples", Figures.Whole(samples));
        quantities.Add("classes", Figures.Whole(report.ClassNames.Count));
        quantities.Add("bad", Figures.Whole(report.Bad.Count));
        quantities.Write(terminal);
        Grid classes = new(">label", "class", ">samples");
        for (int label = 0; label < report.ClassNames.Count; label++)
        {
            classes.Add(Figures.Whole(label), report.ClassNames[label], Figures.Whole(report.Counts[label]));
        }

        Grid sizes = new(">width", ">height", ">channels", ">samples");
        foreach (((int width, int height, int channels), int count) in report.Sizes)
        {
            sizes.Add(Figures.Whole(width), Figures.Whole(height), Figures.Whole(channels), Figures.Whole(count));
        }

        foreach (Grid grid in new[] { classes, sizes })
        {
            terminal.Output.WriteLine();
            grid.Write(terminal);
        }

        string[] lines =
        [
            .. report.Problems.Select(problem => $"wrong: {problem}"),
            .. report.Bad.Select(bad => $"bad: {bad.Problem}"),
            .. report.Unusual.Select(unusual => $"unusual: {unusual.Problem}"),
        ];
        if (lines.Length > 0)
        {
            terminal.Output.WriteLine();
            terminal.Output.WriteLine(string.Join(terminal.Output.NewLine, lines));
        }
    }
}
