using System.CommandLine;
using NonLocal.Cli.Rendering;
using NonLocal.Vision.Datasets;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal data verify PATH</c>.</summary>
internal sealed class DataVerifyVerb : VerbCommand
{
    private readonly Argument<string> path = new("PATH")
    {
        Description = "A folder of class folders, a .tar or .tar.gz of one, a CIFAR binary file, or an idx file with its labels beside it.",
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
            "nonlocal data verify train-images-idx3-ubyte.gz --classes 10 --json")
    {
        Arguments.Add(path);
        Options.Add(classes);
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
        PictureSet set = PictureSet.Open(name);
        Progress progress = new(terminal, json, set.Count);
        DatasetReport report = DatasetCheck.Verify(set, classes: expected, progress: (done, _) => progress.Report(done));
        progress.Clear();
        if (json)
        {
            Results.Write(terminal, Result(name, set.Count, report), Results.Default.DataResult);
        }
        else
        {
            Show(set.Count, report, terminal);
        }

        return report.IsGood ? 0 : 1;
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
