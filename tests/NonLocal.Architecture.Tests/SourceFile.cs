using NonLocal.Testing;

namespace NonLocal.Architecture.Tests;

/// <summary>A text file of the repository, as the rules see it.</summary>
/// <param name="Path">From the repository's top folder, with forward slashes.</param>
/// <param name="Text">All of it.</param>
internal sealed record SourceFile(string Path, string Text)
{
    private static readonly string[] NotOurs = [".git", "bin", "obj", "artifacts", "TestResults", ".vs", ".idea", "node_modules"];
    private static readonly string[] TextEndings =
        ["", ".cs", ".csproj", ".props", ".slnx", ".json", ".md", ".txt", ".yml", ".yaml", ".sh", ".py", ".editorconfig", ".gitignore"];

    private readonly Lazy<string> code = new(() => CodeOnly.Of(Text));

    /// <summary>Lines without their ends.</summary>
    public string[] Lines { get; } = Text.Split('\n');

    /// <summary>C# with comments and the contents of strings blanked; lines and columns stay.</summary>
    public string Code => code.Value;

    /// <summary>
    /// Every file of the repository that people read: code, projects, pages, scripts; not pictures, weights and goldens, nor what
    /// builds and tools leave.
    /// </summary>
    public static IReadOnlyList<SourceFile> All { get; } = [.. Walk(new DirectoryInfo(Fixtures.RepositoryRoot)).OrderBy(file => file.Path)];

    /// <summary>Every file below a top folder, "src" or "tests", whose name ends with <paramref name="ending"/>.</summary>
    public static IEnumerable<SourceFile> In(string folder, string ending) => All.Where(
        file => file.Path.StartsWith(folder + "/", StringComparison.Ordinal) && file.Path.EndsWith(ending, StringComparison.Ordinal));

    /// <summary>"path:line: text of the line" for a place in the file.</summary>
    public string At(int line) => $"{Path}:{line + 1}: {Lines[line].Trim()}";

    private static IEnumerable<SourceFile> Walk(DirectoryInfo folder)
    {
        foreach (FileInfo file in folder.EnumerateFiles().Where(file => file.Name != ".git" && TextEndings.Contains(file.Extension)))
        {
            string path = System.IO.Path.GetRelativePath(Fixtures.RepositoryRoot, file.FullName).Replace('\\', '/');
            yield return new SourceFile(path, File.ReadAllText(file.FullName));
        }

        foreach (DirectoryInfo child in folder.EnumerateDirectories().Where(child => !NotOurs.Contains(child.Name)))
        {
            foreach (SourceFile file in Walk(child))
            {
                yield return file;
            }
        }
    }
}
