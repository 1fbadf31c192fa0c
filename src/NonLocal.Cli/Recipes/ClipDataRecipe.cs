using NonLocal.Models;
using NonLocal.Training;
using NonLocal.Vision.Datasets.Clips;

namespace NonLocal.Cli.Recipes;

/// <summary>Labelled clips to learn from and to be evaluated on, and how those to learn from vary.</summary>
internal sealed class ClipDataRecipe : DataRecipe
{
    private readonly RecipeSection section;
    private readonly string path;
    private readonly string? testPath;
    private readonly string? cache;
    private readonly ClipControl control;
    private readonly ClipVariation variation;
    private readonly ClipSet training;
    private readonly ClipSet? test;

    /// <summary>Reads the section and opens the data.</summary>
    /// <exception cref="UsageException">A value out of range, or sets that do not fit each other.</exception>
    /// <exception cref="IOException">A set is missing or corrupt.</exception>
    public ClipDataRecipe(RecipeSection section)
    {
        this.section = section;
        path = section.Text("train");
        ClipSetOptions options = Options(section);
        testPath = section.OptionalText("test") ?? (options.Folds is null ? null : path);
        int? perClass = section.Has("per_class") ? (int)section.Integer("per_class", null, 1) : null;
        cache = section.OptionalText("cache");
        control = Control(section);

        training = ClipData.Open(path, options);
        training = perClass is { } count ? ChosenClips.FirstOfEachClass(training, count) : training;
        test = testPath is null ? null : ClipData.Open(testPath, options with { InsideFold = true });
        variation = Variation(section.Section("augment"), training.ClassNames);
        section.Finish();
        if (test is not null)
        {
            CheckClasses(section, training.ClassNames, test.ClassNames);
        }
    }

    /// <inheritdoc/>
    public override string Noun => "clips";

    /// <inheritdoc/>
    public override int Count => training.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames => training.ClassNames;

    /// <summary>The test clips of a section, without opening those to learn from, and what is taken from them.</summary>
    /// <returns>Null: there are none.</returns>
    /// <exception cref="UsageException">A value out of range.</exception>
    /// <exception cref="IOException">The set is missing or corrupt.</exception>
    public static (string Path, ClipSet Set, ClipControl Control)? Test(RecipeSection section)
    {
        ClipSetOptions options = Options(section) with { InsideFold = true };
        string? path = section.OptionalText("test") ?? (options.Folds is null ? null : section.Text("train"));
        return path is null ? null : (path, ClipData.Open(path, options), Control(section));
    }

    /// <inheritdoc/>
    public override ISampleSource TrainingSamples(ModelInfo info, Action<int, int>? progress) =>
        Of(training, path, info, variation, progress);

    /// <inheritdoc/>
    public override ISampleSource? TestSamples(ModelInfo info, Action<int, int>? progress) =>
        test is null ? null : Of(test, testPath!, info, null, progress);

    private static ClipSetOptions Options(RecipeSection section) => new()
    {
        Root = section.OptionalText("root"),
        ClassNames = section.OptionalTexts("class_names"),
        Folds = section.OptionalText("index"),
        Fold = section.Has("fold") ? (int)section.Integer("fold", null, 0) : 0,
    };

    private static ClipControl Control(RecipeSection section) => section.Choice("control", "none", ClipData.Controls);

    private static ClipVariation Variation(RecipeSection augment, IReadOnlyList<string> classNames)
    {
        IReadOnlyList<int>? sides = augment.OptionalIntegers("shorter_sides", 1, 8192);
        if (sides is not null && (sides.Count != 2 || sides[0] > sides[1]))
        {
            throw augment.Problem("shorter_sides", "expected two lengths, the least first, such as [256, 320]");
        }

        IReadOnlyList<string> never = augment.OptionalTexts("never_flip") ?? [];
        string[] names = [.. classNames];
        if (never.FirstOrDefault(name => !names.Contains(name)) is { } unknown)
        {
            throw augment.Problem("never_flip", $"there is no class '{unknown}'.{NearestName.Hint(unknown, names)}");
        }

        ClipVariation variation = new()
        {
            ShorterSides = sides is null ? null : (sides[0], sides[1]),
            Flip = augment.Flag("flip", false),
            NeverFlipped = never.Select(name => Array.IndexOf(names, name)).ToHashSet(),
            ColourJitter = ColourJitter(augment),
        };
        augment.Finish();
        return variation;
    }

    private ClipSamples Of(ClipSet set, string name, ModelInfo info, ClipVariation? varied, Action<int, int>? progress)
    {
        ClipInput input = ClipData.Input(info, name, control);
        CheckProblems(set.Problems);
        if (cache is not null)
        {
            int side = variation.ShorterSides?.Largest ?? info.ShorterSide ?? Math.Max(info.Height, info.Width);
            set = ClipCache.Open(set, name, side, cache, progress);
            CheckProblems(set.Problems);
        }

        return new(set, input, varied);
    }
}
