using System.CommandLine;
using System.Globalization;
using NonLocal.Cli.Recipes;
using NonLocal.Cli.Rendering;
using NonLocal.Vision.Datasets.Generated;
using NonLocal.Vision.Video;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal data generate tunnel:COUNT:SEED FOLDER</c>.</summary>
internal sealed class DataGenerateVerb : VerbCommand
{
    private readonly Argument<string> set = new("SET")
    {
        Description = "tunnel:COUNT:SEED, clips of two classes: is the ball that leaves a tunnel the one that rolled in?",
    };

    private readonly Argument<string> folder = new("FOLDER")
    {
        Description = "Gets a folder for each class with Y4M files, which every video program shows. Has to be empty or missing.",
    };

    /// <summary>The verb.</summary>
    public DataGenerateVerb()
        : base(
            "generate",
            "Write the clips that recipes name by a seed into files.",
            "nonlocal data generate tunnel:20:7 tunnel",
            "nonlocal data generate tunnel:400:2 tunnel/test --json")
    {
        Arguments.Add(set);
        Arguments.Add(folder);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        TunnelBalls clips = ClipData.Generated(arguments.GetValue(set)!);
        string root = arguments.GetValue(folder)!;
        OutputFolder.Prepare(root);
        if (Directory.EnumerateFileSystemEntries(root).Any())
        {
            throw new UsageException($"{root} is not empty; expected a folder that is, or none.");
        }

        Progress progress = new(terminal, json, clips.Count);
        for (int i = 0; i < clips.Count; i++)
        {
            string name = Directory.CreateDirectory(Path.Combine(root, clips.ClassNames[clips.Label(i)])).FullName;
            Y4M.Write(Path.Combine(name, i.ToString("D5", CultureInfo.InvariantCulture) + ".y4m"), clips.Draw(i));
            progress.Report(i + 1);
        }

        progress.Clear();
        if (json)
        {
            Results.Write(terminal, new GenerateResult(root, clips.Count, [.. clips.ClassNames]), Results.Default.GenerateResult);
        }
        else
        {
            terminal.Output.WriteLine($"{root}: {Figures.Whole(clips.Count)} clips of {clips.ClassNames.Count} classes");
        }

        return 0;
    }
}
