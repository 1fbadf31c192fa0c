using System.Globalization;
using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Training;

/// <summary>
/// Everything that a training run is between two steps, in one safetensors file: variables of the network under <c>model.</c>, averages
/// under <c>average.</c>, optimiser slots under <c>optimizer.</c> and the slot's name, all in published layout; position, seed and recipe
/// as texts; and the SHA-256 of it all.
/// </summary>
public static class TrainingState
{
    /// <summary>The name of the text that holds the resolved recipe, in checkpoints and in weight files made from them.</summary>
    public const string RecipeText = "recipe";

    private const string ModelPrefix = "model.";
    private const string AveragePrefix = "average.";

    /// <summary>Writes the state. The file is there complete or not at all, and on the disk when this returns.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, Module module, ParameterUpdate update, TrainingPosition position)
    {
        ArgumentNullException.ThrowIfNull(position);
        SealedFile.Write(path, new TensorFile(Entries(module, update).Select(StateDict.Store), Texts(position)));
    }

    /// <summary>Reads a state over a network and its update.</summary>
    /// <param name="path">Written by <see cref="Save"/>.</param>
    /// <param name="module">Keeps all its values when this throws; so does the update.</param>
    /// <param name="update">Of the same rule as the saved one.</param>
    /// <exception cref="FileFormatException">The file is damaged (any changed byte is noticed), or no checkpoint.</exception>
    /// <exception cref="WeightMismatchException">It belongs to another network or another rule.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static TrainingPosition Load(string path, Module module, ParameterUpdate update) =>
        Restore(path, SealedFile.Read(path), module, update);

    /// <summary>Where the run of a file stood; checks the whole file.</summary>
    /// <exception cref="FileFormatException">The file is damaged, or no checkpoint.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static TrainingPosition ReadPosition(string path) => PositionOf(path, SealedFile.Read(path));

    /// <summary>Whether a file is the checkpoint of a training run, by its texts.</summary>
    public static bool IsCheckpoint(TensorFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return file.Metadata.ContainsKey("step") && file.Metadata.ContainsKey(RecipeText) && file.Any(IsModel);
    }

    /// <summary>
    /// The network of a checkpoint as a weight file: published names, averages in place of the parameters that have one, no optimiser.
    /// The resolved recipe comes along as the text <see cref="RecipeText"/>. Checks the whole file.
    /// </summary>
    /// <exception cref="FileFormatException">The file is damaged, or no checkpoint.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static TensorFile ReadWeights(string path)
    {
        TensorFile file = SealedFile.Read(path);
        PositionOf(path, file);
        return new TensorFile(
            file.Where(IsModel).Select(tensor => Best(file, tensor)), file.Metadata.Where(text => text.Key == RecipeText));
    }

    internal static TrainingPosition Restore(string path, TensorFile file, Module module, ParameterUpdate update)
    {
        TrainingPosition position = PositionOf(path, file);
        StateDict.Load([.. Entries(module, update)], file, strict: true);
        return position;
    }

    internal static TrainingPosition PositionOf(string path, TensorFile file) => new()
    {
        Step = Number<long>(path, file, "step"),
        Epoch = Number<int>(path, file, "epoch"),
        StepInEpoch = Number<int>(path, file, "step_in_epoch"),
        Seed = Number<ulong>(path, file, "seed"),
        LossSum = Number<double>(path, file, "loss_sum"),
        Best = Text(path, file, "best").Length == 0 ? null : Number<double>(path, file, "best"),
        Recipe = Text(path, file, RecipeText),
    };

    private static IEnumerable<ModuleVariable> Entries(Module module, ParameterUpdate update)
    {
        foreach (ModuleVariable entry in module.Variables())
        {
            yield return entry with { Name = ModelPrefix + entry.Name };
        }

        foreach (ModuleVariable parameter in update.Parameters)
        {
            if (update.AverageOf(parameter.Variable) is { } average)
            {
                yield return parameter with { Name = AveragePrefix + parameter.Name, Variable = average };
            }

            IReadOnlyList<Variable> slots = update.SlotsOf(parameter.Variable);
            for (int i = 0; i < slots.Count; i++)
            {
                string slot = update.Rule.Optimizer.SlotNames[i];
                yield return parameter with { Name = $"optimizer.{slot}.{parameter.Name}", Variable = slots[i] };
            }
        }
    }

    private static StoredTensor Best(TensorFile file, StoredTensor tensor)
    {
        string name = tensor.Name[ModelPrefix.Length..];
        return (file.TryGet(AveragePrefix + name, out StoredTensor? average) ? average : tensor).WithName(name);
    }

    private static bool IsModel(StoredTensor tensor) => tensor.Name.StartsWith(ModelPrefix, StringComparison.Ordinal);

    private static KeyValuePair<string, string>[] Texts(TrainingPosition position) =>
    [
        new("step", Written(position.Step)),
        new("epoch", Written(position.Epoch)),
        new("step_in_epoch", Written(position.StepInEpoch)),
        new("seed", Written(position.Seed)),
        new("loss_sum", Written(position.LossSum)),
        new("best", position.Best is { } best ? Written(best) : ""),
        new(RecipeText, position.Recipe),
    ];

    private static string Written(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    private static string Text(string path, TensorFile file, string name) => file.Metadata.TryGetValue(name, out string? text)
        ? text : throw new FileFormatException($"no {name} stands in the file; expected a checkpoint of a training run", path);

    private static T Number<T>(string path, TensorFile file, string name)
        where T : IParsable<T> => T.TryParse(Text(path, file, name), CultureInfo.InvariantCulture, out T? number)
        ? number : throw new FileFormatException($"{name} is \"{Text(path, file, name)}\"; expected a number", path);
}
