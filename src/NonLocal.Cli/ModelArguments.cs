using System.CommandLine;
using System.Globalization;
using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Models;

namespace NonLocal.Cli;

/// <summary>The arguments that name a model and its weights, and what becomes of them.</summary>
internal sealed class ModelArguments
{
    private readonly Argument<string> name = new("MODEL") { Description = Known };

    private readonly Option<string> weights = new("--weights")
    {
        Description = "A weight file: safetensors or PyTorch's own, with the published names.",
        HelpName = "FILE",
        Required = true,
    };

    /// <summary>The names that there are, as a sentence.</summary>
    public static string Known => $"One of {string.Join(", ", ModelRegistry.Names)}.";

    /// <summary>Adds the arguments to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Arguments.Add(name);
        verb.Options.Add(weights);
    }

    /// <summary>The model with its weights; every key has found its place.</summary>
    /// <exception cref="UsageException">No such model, or weights that do not fit.</exception>
    public ImageClassifier Load(ParseResult arguments)
    {
        string path = arguments.GetValue(weights)!;
        ImageClassifier model = Create(arguments.GetValue(name)!);
        TensorFile file = CheckpointReader.Read(path);
        try
        {
            StateDict.Load(model, file);
        }
        catch (WeightMismatchException error)
        {
            throw new UsageException($"{path}: {error.Message}");
        }

        model.Info = model.Info.WithMetadata(file.Metadata, model.Classes);
        return model;
    }

    /// <summary>A model by name.</summary>
    /// <exception cref="UsageException">There is none; the message names the nearest.</exception>
    public static ImageClassifier Create(string model)
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
}
