using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Testing;
using NonLocal.Verification;

namespace NonLocal.Tests.Readme;

public class ReadmeTests
{
    private static readonly string[] Readme = File.ReadAllLines(Path.Combine(Fixtures.RepositoryRoot, "README.md"));

    [Fact]
    public void Readme_Network_IsTheCodeThatIsCompiledHere() =>
        Assert.Equal(Shown("network", "SmallNetwork.cs"), Snippet("public sealed class SmallNetwork"));

    [Fact]
    public void Readme_Use_IsTheCodeThatIsRunHere() => Assert.Equal(Shown("use", "ReadmeTests.cs"), Snippet("CompileForInference"));

    [Fact]
    public void Readme_Use_RunsAndSavesWhatLoadsAgain()
    {
        string folder = Directory.CreateTempSubdirectory("nonlocal-readme-").FullName;
        try
        {
            Tensor picture = new([1, 64, 64, 3]);
            picture.Span.Fill(0.5f);
            string path = Path.Combine(folder, "small.safetensors");

            // README: use
            SmallNetwork network = new();
            Program program = network.CompileForInference([1, 64, 64, 3]);
            Tensor logits = program.Run(picture)[0];                        // [1, 10]

            Safetensors.Write(path, StateDict.Save(network));               // PyTorch's names and layout
            StateDict.Load(network, CheckpointReader.Read(path));           // or a .pth file; every key must match
            // README: end
            Assert.Equal([1, 10], logits.Shape);
            Assert.All(logits.Span.ToArray(), number => Assert.True(float.IsFinite(number)));
            Assert.Contains("attention.theta.weight", Safetensors.Read(path).Select(tensor => tensor.Name));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Readme_Files_Exist()
    {
        IEnumerable<string> links = Readme
            .SelectMany(line => line.Split("](").Skip(1))
            .Select(link => link.Split(')')[0])
            .Where(text => Path.GetExtension(text) is ".md" or ".png" && !text.Contains("//", StringComparison.Ordinal));
        Assert.NotEmpty(links);
        Assert.All(links, link => Assert.True(File.Exists(Path.Combine(Fixtures.RepositoryRoot, link)), link));
    }

    [Fact]
    public void Verification_Page_NamesEveryBlock()
    {
        string page = File.ReadAllText(Path.Combine(Fixtures.RepositoryRoot, "docs", "verification.md"));
        Assert.All(Verifier.Blocks, block => Assert.Contains($"`{block}`", page, StringComparison.Ordinal));
    }

    // The lines of a test file between the marks.
    private static string[] Shown(string mark, string file)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Fixtures.RepositoryRoot, "tests", "NonLocal.Tests", "Readme", file));
        IEnumerable<string> from = lines.SkipWhile(line => line.Trim() != $"// README: {mark}").Skip(1);
        return [.. from.TakeWhile(line => line.Trim() != "// README: end").Select(line => line.Trim())];
    }

    // The C# block of the page that holds a text.
    private static string[] Snippet(string text)
    {
        List<string> block = [];
        bool inside = false;
        foreach (string line in Readme)
        {
            if (inside && line == "```")
            {
                if (block.Any(each => each.Contains(text, StringComparison.Ordinal)))
                {
                    return [.. block];
                }

                inside = false;
            }
            else if (inside)
            {
                block.Add(line.Trim());
            }
            else if (line == "```csharp")
            {
                (inside, block) = (true, []);
            }
        }

        return [];
    }
}
