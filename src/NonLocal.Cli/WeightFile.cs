using NonLocal.Cli.Recipes;
using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Training;

namespace NonLocal.Cli;

/// <summary>Weight files that say what model they hold: checkpoints of <c>train</c>, and what <c>convert</c> makes of them.</summary>
internal static class WeightFile
{
    /// <summary>The model that a file holds, with its weights.</summary>
    /// <exception cref="UsageException">The file does not say what model it holds, or says wrong.</exception>
    /// <exception cref="IOException">The file is missing or damaged.</exception>
    public static Classifier Load(string path)
    {
        TensorFile file = Read(path);
        Classifier model = file.Metadata.TryGetValue(TrainingState.RecipeText, out string? recipe)
            ? Recipe.CreateModel(recipe, $"{path}, recipe")
            : throw new UsageException($"{path} does not say what model it holds; give the model's name, and this file with --weights.");
        Fill(model, file, path);
        return model;
    }

    /// <summary>The section <c>data</c> of the recipe in a file; null: it has none.</summary>
    /// <exception cref="UsageException">What should be a recipe is none.</exception>
    /// <exception cref="IOException">The file is missing or damaged.</exception>
    public static RecipeSection? DataSection(string path) =>
        CheckpointReader.Read(path).Metadata.TryGetValue(TrainingState.RecipeText, out string? recipe)
            ? Recipe.DataSection(recipe, $"{path}, recipe") : null;

    /// <summary>A weight file of any kind; of a checkpoint, the network.</summary>
    /// <exception cref="IOException">The file is missing or damaged.</exception>
    public static TensorFile Read(string path, string? key = null)
    {
        TensorFile file = CheckpointReader.Read(path, key);
        return TrainingState.IsCheckpoint(file) ? TrainingState.ReadWeights(path) : file;
    }

    /// <summary>Loads weights into a model; every key has to find its place.</summary>
    /// <exception cref="UsageException">They do not fit.</exception>
    public static void Fill(Classifier model, TensorFile file, string path)
    {
        try
        {
            StateDict.Load(model, file);
        }
        catch (WeightMismatchException error)
        {
            throw new UsageException($"{path}: {error.Message}");
        }

        model.Info = model.Info.WithMetadata(file.Metadata, model.Classes);
    }
}
