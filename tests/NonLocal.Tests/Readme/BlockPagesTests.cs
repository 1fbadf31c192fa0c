using NonLocal.Attention;
using NonLocal.Testing;

namespace NonLocal.Tests.Readme;

public class BlockPagesTests
{
    private static readonly string Folder = Path.Combine(Fixtures.RepositoryRoot, "docs", "blocks");

    private static readonly string[] Rows =
        [.. File.ReadAllLines(Path.Combine(Folder, "README.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal))];

    [Fact]
    public void Index_Rows_AreTheBlocksOfTheRegistryInItsOrder() =>
        Assert.Equal(AttentionRegistry.Names, Rows.Select(row => row.Split('`')[1]));

    [Fact]
    public void Index_EveryRow_LinksToAPageThatExistsAndNamesTheSourceOfTheRegistry() => Assert.All(Rows, row =>
    {
        string page = row.Split("](")[1].Split(')')[0];
        Assert.True(File.Exists(Path.Combine(Folder, page)), page);
        string number = AttentionRegistry.Entries[row.Split('`')[1]].Source[^"1234.56789".Length..];
        Assert.Contains(number, row, StringComparison.Ordinal);
    });

    [Fact]
    public void Pages_OfAllBlocks_AreLinkedFromTheIndex()
    {
        string index = File.ReadAllText(Path.Combine(Folder, "README.md"));
        Assert.All(
            Directory.GetFiles(Folder, "*.md").Select(path => Path.GetFileName(path)).Where(name => name != "README.md"),
            name => Assert.Contains($"({name})", index, StringComparison.Ordinal));
    }
}
