using NonLocal.Models;
using NonLocal.Tensors.Runtime;
using NonLocal.Training;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Recipes;

/// <summary>Labelled pictures to learn from and to be evaluated on, and how those to learn from vary.</summary>
internal sealed class PictureDataRecipe : DataRecipe
{
    private readonly RecipeSection section;
    private readonly PictureSet training;
    private readonly PictureSet? test;
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
    public PictureDataRecipe(RecipeSection section)
    {
        this.section = section;
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
        jitter = ColourJitter(augment);
        augment.Finish();
        section.Finish();

        training = First(Open(paths));
        test = testPaths is null ? null : Open(testPaths);
        if (test is not null)
        {
            CheckClasses(section, training.ClassNames, test.ClassNames);
        }
    }

    /// <inheritdoc/>
    public override string Noun => "pictures";

    /// <inheritdoc/>
    public override int Count => training.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames => training.ClassNames;

    /// <inheritdoc/>
    public override ISampleSource TrainingSamples(ModelInfo info, Action<int, int>? progress) =>
        Of(cache is null ? training : First(Cached(paths, info, progress)), info, Augment);

    /// <inheritdoc/>
    public override ISampleSource? TestSamples(ModelInfo info, Action<int, int>? progress) =>
        test is null ? null : Of(cache is null ? test : Cached(testPaths!, info, progress), info, null);

    /// <summary>One set, or several files of one.</summary>
    /// <exception cref="IOException">It is missing or corrupt.</exception>
    public static PictureSet Open(IReadOnlyList<string> paths) =>
        paths.Count == 1 ? PictureSet.Open(paths[0]) : new JoinedPictures([.. paths.Select(path => PictureSet.Open(path))]);

    private static PictureFit Fit(ModelInfo info) => new(info.Width, info.Height, info.ShorterSide);

    private PictureSet First(PictureSet set) => perClass is { } count ? new FirstOfEachClass(set, count) : set;

    private PictureSet Cached(IReadOnlyList<string> from, ModelInfo info, Action<int, int>? progress)
    {
        PictureSet[] parts = [.. from.Select(path => PictureCache.Open(path, Fit(info), cache!, progress))];
        CheckProblems([.. parts.SelectMany(part => part.Problems)]);
        return parts.Length == 1 ? parts[0] : new JoinedPictures(parts);
    }

    private PictureSamples Of(PictureSet set, ModelInfo info, Func<Picture, RandomStream, Picture>? augment)
    {
        if (info.Clip is not null)
        {
            throw section.Problem("train", $"these are pictures, but {info.Name} is a network of clips");
        }

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
