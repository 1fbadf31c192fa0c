namespace NonLocal.Testing;

/// <summary>Files that tests read: tests/fixtures of the repository this program was built in.</summary>
internal static class Fixtures
{
    private static readonly Lazy<string> Found = new(Find);

    /// <summary>The repository's top folder: the one that holds NonLocal.slnx.</summary>
    public static string RepositoryRoot => Found.Value;

    /// <summary>The path of a fixture, for example <c>Fixtures.Path("goldens", "checkpoints")</c>.</summary>
    public static string Path(params string[] parts) =>
        System.IO.Path.Combine([RepositoryRoot, "tests", "fixtures", .. parts]);

    /// <summary>The names of the files in a fixture folder that match a pattern, in ordinal order.</summary>
    public static IEnumerable<string> Names(string pattern, params string[] folder) =>
        Directory.EnumerateFiles(Path(folder), pattern).Select(file => System.IO.Path.GetFileName(file)).Order(StringComparer.Ordinal);

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "NonLocal.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no folder above {AppContext.BaseDirectory} holds NonLocal.slnx");
    }
}
