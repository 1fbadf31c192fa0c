namespace NonLocal.Architecture.Tests;

public class ProjectLayersTests
{
    [Fact]
    public void ProjectReferences_PointDownOnly()
    {
        SourceFile[] projects = [.. SourceFile.In("src", ".csproj")];

        Assert.True(projects.Length >= 5);
        Assert.Empty(projects.SelectMany(ProjectLayers.Violations));
    }

    [Theory]
    [InlineData("NonLocal.Tensors", "NonLocal.Formats")]
    [InlineData("NonLocal.Formats", "NonLocal")]
    [InlineData("NonLocal", "NonLocal.Vision")]
    [InlineData("NonLocal.Vision", "NonLocal.Distributed")]
    [InlineData("NonLocal.Vision", "NonLocal.Cli")]
    [InlineData("NonLocal.Cli", "NonLocal.Explorer")]
    [InlineData("NonLocal.Vision", "Unknown")]
    [InlineData("Unknown", "NonLocal.Tensors")]
    public void Violations_ReferenceUpOrAcross_IsFound(string user, string used)
    {
        Assert.NotEmpty(ProjectLayers.Violations(Project(user, used)));
        Assert.Empty(ProjectLayers.Violations(Project("NonLocal.Cli", "NonLocal.Vision")));
    }

    private static SourceFile Project(string user, string used) => new(
        $"src/{user}/{user}.csproj",
        $"<Project><ItemGroup><ProjectReference Include=\"../{used}/{used}.csproj\" /></ItemGroup></Project>");
}
