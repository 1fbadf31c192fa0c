using NonLocal.Models;
using NonLocal.Training;

namespace NonLocal.Cli.Recipes;

/// <summary>A training run as a file describes it: which network, which data, how.</summary>
/// <remarks>docs/recipes.md lists all keys.</remarks>
internal sealed class Recipe
{
    private Recipe(Classifier model, DataRecipe data, TrainingPlan plan)
    {
        Model = model;
        Data = data;
        Plan = plan;
    }

    /// <summary>The network, with its first values.</summary>
    public Classifier Model { get; }

    /// <summary>The data.</summary>
    public DataRecipe Data { get; }

    /// <summary>How it is trained; its recipe is complete, with every default and what follows from the data.</summary>
    public TrainingPlan Plan { get; }

    /// <summary>Reads a recipe, opens its data and makes its network.</summary>
    /// <param name="path">The file.</param>
    /// <param name="changes">Such as <c>training.epochs=3</c>: values in place of the file's.</param>
    /// <exception cref="UsageException">The recipe or a change is wrong: one sentence with file, line and key.</exception>
    /// <exception cref="IOException">A file is missing or corrupt.</exception>
    public static Recipe Read(string path, IEnumerable<string> changes)
    {
        RecipeMap map = RecipeYaml.ReadFile(path);
        foreach (string change in changes)
        {
            int equals = change.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new UsageException($"'{change}' is no change of the recipe; expected key=value, such as training.epochs=3.");
            }

            map.Set(change[..equals], RecipeYaml.ReadValue(change[(equals + 1)..], change));
        }

        RecipeSection root = new(map, path);
        ModelRecipe model = new(root.Section("model"));
        RecipeSection dataSection = root.Section("data");
        RecipeSection trainingSection = root.Section("training");
        root.Finish();
        DataRecipe data = DataRecipe.Read(dataSection);
        TrainingPlan plan = TrainingRecipe.Read(trainingSection, data.Count);
        Classifier network = model.Create(data.ClassNames, plan.Seed);
        return new Recipe(network, data, plan with { Recipe = RecipeYaml.Write(root.Resolved) });
    }

    /// <summary>The section <c>data</c> of a resolved recipe.</summary>
    /// <param name="text">The resolved recipe, as checkpoints and weight files carry it.</param>
    /// <param name="file">Where it was found, for messages.</param>
    /// <exception cref="UsageException">It is no such recipe.</exception>
    public static RecipeSection DataSection(string text, string file) =>
        new RecipeSection(RecipeYaml.Read(text, file), file).Section("data");

    /// <summary>The network that a resolved recipe describes, without values: those of a weight file go into it.</summary>
    /// <param name="text">The resolved recipe, as checkpoints and weight files carry it.</param>
    /// <param name="file">Where it was found, for messages.</param>
    /// <exception cref="UsageException">It is no such recipe.</exception>
    public static Classifier CreateModel(string text, string file)
    {
        RecipeSection root = new(RecipeYaml.Read(text, file), file);
        return new ModelRecipe(root.Section("model")).Create(null, null);
    }
}
