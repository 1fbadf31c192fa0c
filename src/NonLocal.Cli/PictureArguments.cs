using System.CommandLine;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli;

/// <summary>The arguments of verbs that look at pictures with a model, which may be left out: <c>[MODEL] PICTURE…</c>.</summary>
internal sealed class PictureArguments
{
    private static readonly string[] WeightEndings = [".safetensors", ".pth", ".pt", ".th", ".ckpt"];

    private readonly Argument<string[]> words;
    private readonly Option<string?> weights = new ModelArguments().Weights;

    /// <summary>The arguments.</summary>
    /// <param name="fewest">How many words there are at the least.</param>
    public PictureArguments(ArgumentArity fewest)
    {
        words = new("[MODEL] PICTURE")
        {
            Description = "Pictures of any size: PNG, JPEG, or with ffmpeg installed BMP, GIF, TIFF, WebP and others. They are resized to "
                + "what the model was trained on. Before them may stand a model: a checkpoint of train, or a name. Default: "
                + $"{ShippedWeights.Default}, which knows CIFAR-10's ten classes.",
            Arity = fewest,
        };
    }

    /// <summary>Adds the arguments to a verb.</summary>
    public void AddTo(Command verb)
    {
        verb.Arguments.Add(words);
        verb.Options.Add(weights);
    }

    /// <summary>The model with its weights, and the pictures' paths, perhaps none.</summary>
    /// <exception cref="UsageException">No such model, or weights that do not fit.</exception>
    /// <exception cref="IOException">The weights are missing or damaged.</exception>
    public (Classifier Model, string[] Pictures) Read(ParseResult arguments)
    {
        (string? model, string[] pictures) = Split(arguments.GetValue(words)!);
        if (pictures.Length == 0 && words.Arity.MinimumNumberOfValues > 0)
        {
            throw new UsageException($"No picture is named behind {model}.");
        }

        return (Load(model, arguments.GetValue(weights)), pictures);
    }

    /// <summary>A picture as a network reads it: [1, height, width, 3].</summary>
    /// <param name="picture">Of any size.</param>
    /// <param name="info">Size and normalisation.</param>
    /// <returns>The input, and the picture of the network's size that it was made from.</returns>
    public static (Tensor Input, Picture Seen) Prepare(Picture picture, ModelInfo info)
    {
        Picture sized = new PictureFit(info.Width, info.Height, info.ShorterSide).Apply(picture);
        float[] numbers = PictureTransform.Normalize(sized, [.. info.Mean], [.. info.Deviation]);
        return (Tensor.From([1, info.Height, info.Width, 3], numbers), sized);
    }

    // The first word may be a model. One that is no file and has no ending is a name, perhaps a wrong one.
    private static (string? Model, string[] Pictures) Split(string[] words)
    {
        if (words.Length == 0)
        {
            return (null, words);
        }

        string first = words[0];
        string ending = Path.GetExtension(first);
        bool isModel = ModelArguments.IsName(first) || ShippedWeights.Names.Contains(first)
            || WeightEndings.Contains(ending, StringComparer.OrdinalIgnoreCase) || (ending.Length == 0 && !File.Exists(first));
        return isModel ? (first, words[1..]) : (null, words);
    }

    private static Classifier Load(string? model, string? weights) => (model, weights) switch
    {
        (null, null) => WeightFile.Load(ShippedWeights.PathOf(ShippedWeights.Default)),
        (null, { } file) => WeightFile.Load(file),
        _ => ModelArguments.Load(model, weights),
    };
}
