using NonLocal.Models;
using NonLocal.Tensors.Runtime;
using NonLocal.Training;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Recipes;

/// <summary>The section <c>data</c>: labelled pictures to learn from and to be evaluated on, and how those to learn from vary.</summary>
internal sealed class DataRecipe
{
    private readonly IReadOnlyList<string> paths;
    private readonly IReadOnlyList<string>? testPaths;
    private readonly int? perClass;
    private readonly bool fit;
    private readonly string? cache;
    private readonly int padding;
    private readonly bool flip;
    private readonly (float Brightness, float Contrast, float Saturation) jitter;

    /// <summary>Reads the section and opens the data.</summary>
    /// <exception cref="UsageException">A value out of range, or sets that do not fit each other.</exception>
    /// <exception cref="IOException">A set is missing or corrupt.</exception>
    public DataRecipe(RecipeSection section)
    {
        paths = section.OptionalTexts("train") ?? throw section.Missing("train");
        testPaths = section.OptionalTexts("test");
        perClass = section.Has("per_class") ? (int)section.Integer("per_class", null, 1) : null;
        fit = section.Choice("sizes", "exact", ("exact", false), ("resize", true));
        cache = section.OptionalText("cache");
        if (cache is not null && !fit)
        {
            throw section.Problem("cache", "a cache holds pictures of one size; it needs 'sizes: resize'");
        }

        RecipeSection augment = section.Section("augment");
        padding = (int)augment.Integer("pad_crop", 0, 0, 1024);
        flip = augment.Flag("flip", false);
        RecipeSection colours = augment.Section("colour_jitter");
        jitter = (Strength(colours, "brightness"), Strength(colours, "contrast"), Strength(colours, "saturation"));
        colours.Finish();
        augment.Finish();
        section.Finish();

        Training = First(Open(paths));
        Test = testPaths is null ? null : Open(testPaths);
        if (Test is not null && !Test.ClassNames.SequenceEqual(Training.ClassNames))
        {
            throw section.Problem(
                "test", $"the classes ({Some(Test.ClassNames)}) are not those that are learned ({Some(Training.ClassNames)})");
        }
    }

    /// <summary>What is learned from.</summary>
    public PictureSet Training { get; }

    /// <summary>What is evaluated on after every epoch; null: nothing.</summary>
    public PictureSet? Test { get; }

    /// <summary>The pictures to learn from, varied and normalised.</summary>
    /// <param name="info">Their size and normalisation.</param>
    /// <param name="progress">Told how many pictures went into the cache, and of how many.</param>
    /// <exception cref="UsageException">The cache knows pictures that cannot be read.</exception>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    public ISampleSource TrainingSamples(ModelInfo info, Action<int, int>? progress) =>
        Samples(cache is null ? Training : First(Cached(paths, info, progress)), info, Augment);

    /// <summary>The pictures to be evaluated on, normalised; null: none. See <see cref="TrainingSamples"/>.</summary>
    public ISampleSource? TestSamples(ModelInfo info, Action<int, int>? progress) =>
        Test is null ? null : Samples(cache is null ? Test : Cached(testPaths!, info, progress), info, null);

    /// <summary>One set, or several files of one.</summary>
    /// <exception cref="IOException">It is missing or corrupt.</exception>
    public static PictureSet Open(IReadOnlyList<string> paths) =>
        paths.Count == 1 ? PictureSet.Open(paths[0]) : new JoinedPictures([.. paths.Select(path => PictureSet.Open(path))]);

    private static PictureFit Fit(ModelInfo info) => new(info.Width, info.Height, info.ShorterSide);

    private static float Strength(RecipeSection section, string key) => (float)section.Number(key, 0, 0, 10);

    private static string Some(IReadOnlyList<string> names) =>
        names.Count <= 4 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(3))} and {names.Count - 3} more";

    private PictureSet First(PictureSet set) => perClass is { } count ? new FirstOfEachClass(set, count) : set;

    private PictureSet Cached(IReadOnlyList<string> from, ModelInfo info, Action<int, int>? progress)
    {
        PictureSet[] parts = [.. from.Select(path => PictureCache.Open(path, Fit(info), cache!, progress))];
        int bad = parts.Sum(part => part.Problems.Count);
        if (bad > 0)
        {
            string first = parts.SelectMany(part => part.Problems).First().Problem;
            throw new UsageException(
                $"{bad} pictures cannot be used, the first is {first}; remove them, nonlocal data verify lists them all.");
        }

        return parts.Length == 1 ? parts[0] : new JoinedPictures(parts);
    }

    private PictureSamples Samples(PictureSet set, ModelInfo info, Func<Picture, RandomStream, Picture>? augment)
    {
        PictureSet fitted = fit ? new FittedPictures(set, Fit(info)) : set;
        return new PictureSamples(fitted, info.Width, info.Height, [.. info.Mean], [.. info.Deviation], augment);
    }

    private Picture Augment(Picture picture, RandomStream key)
    {
        picture = padding > 0 ? Augmentation.PadCrop(picture, padding, key) : picture;
        picture = flip ? Augmentation.RandomFlip(picture, key) : picture;
        return jitter == default
            ? picture : Augmentation.ColourJitter(picture, jitter.Brightness, jitter.Contrast, jitter.Saturation, key);
    }
}
