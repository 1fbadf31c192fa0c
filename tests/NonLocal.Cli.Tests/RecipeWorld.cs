using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Tests;

/// <summary>A temporary folder with two class folders of small pictures and a recipe that learns them in a second.</summary>
public sealed class RecipeWorld : IDisposable
{
    /// <summary>What the recipe says, but for the paths.</summary>
    public const string Text =
        """
        model:
          name: cifar-resnet20
          attention: {block: non-local, stages: [3], pairwise: dot-product}
        data:
          train: DATA
          test: DATA
          augment: {pad_crop: 1, flip: true}
        training:
          epochs: 2
          batch: 4
          seed: 5
          optimizer: {name: sgd, momentum: 0.9, weight_decay: 0.0001}
          schedule: {name: step, rate: 0.01, every: 1}

        """;

    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal-train-").FullName;

    public RecipeWorld()
    {
        Random random = new(3);
        for (int i = 0; i < 10; i++)
        {
            string name = Path.Combine(Data, i % 2 == 0 ? "dark" : "light");
            Directory.CreateDirectory(name);
            byte[] pixels = new byte[32 * 32 * 3];
            random.NextBytes(pixels);
            Png.Write(Path.Combine(name, $"{i}.png"), new Picture(32, 32, 3, [.. pixels.Select(p => (byte)((p / 2) + (i % 2 * 127)))]));
        }

        File.WriteAllText(Recipe, Text.Replace("DATA", Data, StringComparison.Ordinal));
    }

    /// <summary>The class folders.</summary>
    public string Data => In("pictures");

    /// <summary>The recipe.</summary>
    public string Recipe => In("recipe.yaml");

    /// <summary>A path in the folder.</summary>
    public string In(string name) => Path.Combine(folder, name);

    /// <summary>A recipe with one text in place of another.</summary>
    public string RecipeWith(string old, string text)
    {
        string content = File.ReadAllText(Recipe);
        Assert.Contains(old, content, StringComparison.Ordinal);
        string path = In($"{Guid.NewGuid():N}.yaml");
        File.WriteAllText(path, content.Replace(old, text, StringComparison.Ordinal));
        return path;
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
