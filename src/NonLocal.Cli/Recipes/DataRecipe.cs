using NonLocal.Models;
using NonLocal.Training;

namespace NonLocal.Cli.Recipes;

/// <summary>The section <c>data</c>: labelled samples to learn from and to be evaluated on, and how those to learn from vary.</summary>
internal abstract class DataRecipe
{
    /// <summary>What the samples are called: pictures or clips.</summary>
    public abstract string Noun { get; }

    /// <summary>How many there are to learn from.</summary>
    public abstract int Count { get; }

    /// <summary>The classes that are learned.</summary>
    public abstract IReadOnlyList<string> ClassNames { get; }

    /// <summary>Reads the section and opens the data: clips where the first path looks like clips, else pictures.</summary>
    /// <exception cref="UsageException">A value out of range, or sets that do not fit each other.</exception>
    /// <exception cref="IOException">A set is missing or corrupt.</exception>
    public static DataRecipe Read(RecipeSection section)
    {
        IReadOnlyList<string> paths = section.OptionalTexts("train") ?? throw section.Missing("train");
        return paths.Count > 0 && ClipData.Recognizes(paths[0]) ? new ClipDataRecipe(section) : new PictureDataRecipe(section);
    }

    /// <summary>The samples to learn from, varied and normalised.</summary>
    /// <param name="info">Their size and normalisation.</param>
    /// <param name="progress">Told how many samples went into the cache, and of how many.</param>
    /// <exception cref="UsageException">The network reads others, or there are samples that cannot be read.</exception>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    public abstract ISampleSource TrainingSamples(ModelInfo info, Action<int, int>? progress);

    /// <summary>The samples to be evaluated on, normalised; null: none. See <see cref="TrainingSamples"/>.</summary>
    public abstract ISampleSource? TestSamples(ModelInfo info, Action<int, int>? progress);

    /// <summary>Reads <c>colour_jitter</c>.</summary>
    protected static (float Brightness, float Contrast, float Saturation) ColourJitter(RecipeSection augment)
    {
        RecipeSection colours = augment.Section("colour_jitter");
        (float, float, float) jitter = (Strength("brightness"), Strength("contrast"), Strength("saturation"));
        colours.Finish();
        return jitter;

        float Strength(string key) => (float)colours.Number(key, 0, 0, 10);
    }

    /// <summary>Refuses test data of other classes.</summary>
    protected static void CheckClasses(RecipeSection section, IReadOnlyList<string> learned, IReadOnlyList<string> tested)
    {
        if (!tested.SequenceEqual(learned))
        {
            throw section.Problem("test", $"the classes ({Some(tested)}) are not those that are learned ({Some(learned)})");
        }

        static string Some(IReadOnlyList<string> names) =>
            names.Count <= 4 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(3))} and {names.Count - 3} more";
    }

    /// <summary>Refuses a set with samples that cannot be read.</summary>
    protected void CheckProblems(IReadOnlyList<(int Index, string Problem)> problems)
    {
        if (problems.Count > 0)
        {
            throw new UsageException(
                $"{problems.Count} {Noun} cannot be used, the first is {problems[0].Problem}; remove them, nonlocal data verify lists "
                + "them all.");
        }
    }
}
