using NonLocal.Attention;
using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Models;

namespace NonLocal.Cli.Recipes;

/// <summary>The section <c>model</c>: a network of the registry, with attention where it is wanted.</summary>
internal sealed class ModelRecipe
{
    // A weight file decides how large a network it makes, so this is also a limit for files of strangers.
    private const int MostClasses = 100_000;
    private static readonly (string Word, ContextFusion Meaning)[] Fusions =
        [("add", ContextFusion.Add), ("scale", ContextFusion.Scale), ("scale-then-add", ContextFusion.ScaleThenAdd)];

    private static readonly (string Word, AttentionPosition Meaning)[] Positions =
    [
        ("behind-block", AttentionPosition.BehindBlock),
        ("after-first-convolution", AttentionPosition.AfterFirstConvolution),
        ("after-second-convolution", AttentionPosition.AfterSecondConvolution),
        ("before-sum", AttentionPosition.BeforeSum),
        ("after-sum", AttentionPosition.AfterSum),
    ];

    private readonly RecipeSection section;
    private readonly string name;
    private readonly List<AttentionPlacement> attention = [];
    private readonly bool? zeroInitializeResidual;
    private readonly double? dropout;
    private readonly bool freezeNorms;
    private readonly int channels;
    private readonly string? weights;
    private readonly WeightInflation inflation = WeightInflation.Average;

    /// <summary>Reads the section.</summary>
    /// <exception cref="UsageException">No such model or block, or a value out of range.</exception>
    public ModelRecipe(RecipeSection section)
    {
        this.section = section;
        name = section.Text("name");
        if (!ModelRegistry.Names.Contains(name))
        {
            throw section.Problem("name", $"there is no model '{name}'.{NearestName.Hint(name, ModelRegistry.Names)}");
        }

        foreach (RecipeSection placement in section.Sections("attention"))
        {
            attention.AddRange(Placements(placement));
            placement.Finish();
        }

        zeroInitializeResidual = section.Has("zero_initialize_residual") ? section.Flag("zero_initialize_residual", false) : null;
        dropout = section.Has("dropout") ? section.Number("dropout", null, 0, 0.999) : null;
        freezeNorms = section.Flag("freeze_norms", false);
        channels = (int)section.Integer("channels", 3, 1, 16);
        weights = section.OptionalText("weights");
        if (section.Has("inflate"))
        {
            inflation = section.Choice("inflate", "average", ("average", WeightInflation.Average), ("centre", WeightInflation.Centre));
        }
    }

    /// <summary>Makes the network and gives it its first values.</summary>
    /// <param name="classNames">The classes of the data; from a finished run's recipe, where they are written down, null.</param>
    /// <param name="seed">Of the first values; null: none, because weights are loaded over all of them.</param>
    /// <exception cref="UsageException">The network cannot be made as asked, or the weights to start from do not fit.</exception>
    public Classifier Create(IReadOnlyList<string>? classNames, ulong? seed)
    {
        IReadOnlyList<string> labels = section.OptionalTexts("classes") ?? classNames
            ?? throw section.Problem("classes", "the recipe names no classes");
        if (labels.Count > MostClasses)
        {
            throw section.Problem("classes", $"there are {labels.Count} classes, expected at most {MostClasses}");
        }

        if (classNames is not null && !labels.SequenceEqual(classNames))
        {
            throw section.Problem(
                "classes", $"the recipe names {labels.Count} classes that are not the {classNames.Count} of the data");
        }

        section.Record("classes", labels);
        Classifier model = Create(labels);
        Describe(model);
        section.Finish();
        if (seed is { } number)
        {
            model.Initialize(number);
            foreach (Dropout dropout in model.Tree().OfType<Dropout>())
            {
                dropout.Seed = number;
            }

            LoadWeights(model);
        }

        return model;
    }

    private Classifier Create(IReadOnlyList<string> labels)
    {
        try
        {
            return ModelRegistry.Create(name, new ModelOptions
            {
                Labels = labels,
                Attention = attention,
                ZeroInitializeResidual = zeroInitializeResidual,
                InputChannels = channels,
                Dropout = dropout,
                FreezeNorms = freezeNorms,
            });
        }
        catch (ArgumentException error)
        {
            throw section.Problem("name", error.Message);
        }
    }

    // Input size and normalisation: the model's own unless the recipe says otherwise.
    private void Describe(Classifier model)
    {
        ModelInfo info = model.Info;
        info = info with
        {
            Height = (int)section.Integer("height", info.Height, 1, 4096),
            Width = (int)section.Integer("width", info.Width, 1, 4096),
            Mean = PerChannel("mean", info.Mean, 0),
            Deviation = PerChannel("deviation", info.Deviation, 1e-6),
        };
        if (info.Clip is { } clip)
        {
            info = info with
            {
                Clip = new ClipInfo(
                    (int)section.Integer("frames", clip.Frames, 1, 1024),
                    (int)section.Integer("frame_stride", clip.Stride, 1, 1024),
                    section.Flag("normalize_each", clip.NormalizeEach)),
            };
        }

        if (section.Has("shorter_side") || info.ShorterSide is not null)
        {
            info = info with { ShorterSide = (int)section.Integer("shorter_side", info.ShorterSide, 1, 8192) };
        }

        model.Info = info;
    }

    private float[] PerChannel(string key, IReadOnlyList<float> otherwise, double least)
    {
        if (section.OptionalNumbers(key, least, 1) is not { } numbers)
        {
            section.Record(key, otherwise.Select(number => RecipeSection.Written(number)));
            return [.. otherwise];
        }

        return numbers.Count == otherwise.Count
            ? [.. numbers.Select(number => (float)number)]
            : throw section.Problem(key, $"there are {numbers.Count} numbers, expected one for each of {otherwise.Count} channels");
    }

    // What does not fit by name stays at its first values: published weights go under added attention.
    private void LoadWeights(Classifier model)
    {
        if (weights is null)
        {
            return;
        }

        LoadReport report = StateDict.Load(model, WeightFile.Read(weights), strict: false, inflation);
        if (report.Matched.Count == 0)
        {
            throw section.Problem("weights", $"{weights} has no tensor that fits {name}");
        }
    }

    private static IEnumerable<AttentionPlacement> Placements(RecipeSection section)
    {
        string block = section.Text("block");
        AttentionChoice choice = new()
        {
            Pairwise = section.Has("pairwise") ? section.Choice("pairwise", "", PairwiseWord.All) : null,
            Subsample = section.Flag("subsample", false),
            Fusion = section.Has("fusion") ? section.Choice("fusion", "", Fusions) : null,
        };
        IReadOnlyList<int> stages = section.OptionalIntegers("stages", 1, 16)
            ?? throw section.Missing("stages");
        IReadOnlyList<int>? after = section.OptionalIntegers("after", 0, 1000);
        AttentionPosition position = section.Choice("position", "behind-block", Positions);
        try
        {
            AttentionRegistry.Create(block, 8, choice);
        }
        catch (ArgumentException error)
        {
            throw section.Problem("block", error.Message);
        }

        return stages.Select(stage =>
            new AttentionPlacement(stage, channels => AttentionRegistry.Create(block, channels, choice), after, Position: position));
    }
}
