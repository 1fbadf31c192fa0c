namespace NonLocal.Cli;

/// <summary>Weights that come with the program: files of the folder <c>weights</c> beside it, called by their names.</summary>
internal static class ShippedWeights
{
    private const string Ending = ".safetensors";

    /// <summary>What is used when no model is named.</summary>
    public const string Default = "cifar10-resnet20-nl";

    /// <summary>What is used for videos when no model is named.</summary>
    public const string DefaultForClips = "tunnel-c2d-small-nl";

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "weights");

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = Directory.Exists(Folder)
        ? [.. Directory.GetFiles(Folder, "*" + Ending).Select(Path.GetFileNameWithoutExtension).OfType<string>().Order()] : [];

    /// <summary>The file of a name.</summary>
    public static string PathOf(string name) => Path.Combine(Folder, name + Ending);
}
