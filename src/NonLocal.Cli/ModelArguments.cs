using System.CommandLine;
using System.Globalization;
using NonLocal.Formats;
using NonLocal.Models;

namespace NonLocal.Cli;

/// <summary>The arguments that name a model and its weights, and what becomes of them.</summary>
internal sealed class ModelArguments
{
    private readonly Argument<string> name = new("MODEL")
    {
        Description = "A checkpoint of train or a weight file made from one, which say what model they hold; weights that come with the "
            + $"program ({string.Join(", ", ShippedWeights.Names)}); or a model's name, with --weights. {Known}",
    };

    /// <summary>The names that there are, as a sentence.</summary>
    public static string Known => $"Names: {string.Join(", ", ModelRegistry.Names)}.";

    /// <summary>The weights of a model that is given by its name.</summary>
    public Option<string?> Weights { get; } = new("--weights")
    {
        Description = "A weight file: safetensors or PyTorch's own, with the published names.",
        HelpName = "FILE",
    };

    /// <summary>Adds the arguments to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Arguments.Add(name);
        verb.Options.Add(Weights);
    }

    /// <summary>The file that was given, itself or by the name of weights that come with the program; a model's name as it is.</summary>
    public string File(ParseResult arguments) => FileOf(arguments.GetValue(name)!);

    /// <summary>The model with its weights; every key has found its place.</summary>
    /// <exception cref="UsageException">No such model, or weights that do not fit.</exception>
    public Classifier Load(ParseResult arguments) => Load(arguments.GetValue(name)!, arguments.GetValue(Weights));

    /// <summary>A model by name and weight file, or by a file that says what model it holds.</summary>
    /// <exception cref="UsageException">No such model, or weights that do not fit.</exception>
    /// <exception cref="IOException">The file is missing or damaged.</exception>
    public static Classifier Load(string model, string? weights)
    {
        string file = FileOf(model);
        if (!IsName(model) && System.IO.File.Exists(file))
        {
            return weights is null
                ? WeightFile.Load(file) : throw new UsageException($"{model} has weights of its own; leave out --weights.");
        }

        Classifier created = Create(model);
        string path = weights ?? throw new UsageException($"{model} is a name; --weights says which weights it gets.");
        WeightFile.Fill(created, CheckpointReader.Read(path), path);
        return created;
    }

    /// <summary>A model by name, without weights, or by a file that says what model it holds.</summary>
    /// <exception cref="UsageException">No such model or file, or a file that does not fit.</exception>
    /// <exception cref="IOException">The file is damaged.</exception>
    public static Classifier CreateOrLoad(string model)
    {
        string file = FileOf(model);
        return !IsName(model) && System.IO.File.Exists(file) ? WeightFile.Load(file) : Create(model);
    }

    /// <summary>Whether a word is the name of a model.</summary>
    public static bool IsName(string word) => ModelRegistry.Names.Contains(word, StringComparer.OrdinalIgnoreCase);

    /// <summary>A model by name.</summary>
    /// <exception cref="UsageException">There is none; the message names the nearest.</exception>
    public static Classifier Create(string model)
    {
        try
        {
            return ModelRegistry.Create(model);
        }
        catch (ArgumentException error)
        {
            throw new UsageException(error.Message);
        }
    }

    /// <summary>Reads <c>0.485,0.456,0.406</c>: one number for each channel.</summary>
    /// <exception cref="UsageException">Another form.</exception>
    public static IReadOnlyList<float> PerChannel(string option, string? text, IReadOnlyList<float> otherwise)
    {
        if (text is null)
        {
            return otherwise;
        }

        float[] numbers = new float[otherwise.Count];
        string[] parts = text.Split(',');
        bool good = parts.Length == numbers.Length;
        for (int i = 0; good && i < parts.Length; i++)
        {
            good = float.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]) && float.IsFinite(numbers[i]);
        }

        return good
            ? numbers
            : throw new UsageException($"{option} is '{text}', expected {numbers.Length} numbers with commas, such as 0.5,0.5,0.5.");
    }

    private static string FileOf(string word) => ShippedWeights.Names.Contains(word) ? ShippedWeights.PathOf(word) : word;
}
