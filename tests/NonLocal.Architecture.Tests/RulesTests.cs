namespace NonLocal.Architecture.Tests;

public class RulesTests
{
    private const string Kernel = "src/NonLocal.Tensors/Kernels/Pooling.cs";

    private static readonly SourceFile[] Source = [.. SourceFile.In("src", ".cs")];
    private static readonly SourceFile[] Code = [.. SourceFile.All.Where(file => file.Path.EndsWith(".cs", StringComparison.Ordinal))];
    private static readonly SourceFile[] Texts = [.. SourceFile.All];

    [Fact]
    public void Source_EngineFolders_UseOnlyWhatLiesBelow() => AssertNone(Source, Rules.EngineFolders);

    [Fact]
    public void Source_BelowThePrograms_UsesNoConsoleOrEnvironment() => AssertNone(Source, Rules.Surroundings);

    [Fact]
    public void Source_UsesNoReflection() => AssertNone(Source, Rules.Reflection);

    [Fact]
    public void Source_NamespacesMatchFolders() => AssertNone(Source, Rules.Namespace);

    [Fact]
    public void Code_FilesFitInTheHead() => AssertNone(Code, Rules.FileLength);

    [Fact]
    public void Code_LinesFitOnTheScreen() => AssertNone(Code, Rules.LineLength);

    [Fact]
    public void Code_HasNoCommentedOutCode() => AssertNone(Code, Rules.CommentedOutCode);

    [Fact]
    public void Code_HasNoSkippedTests() => AssertNone(Code, Rules.SkippedTests);

    [Fact]
    public void Texts_HoldNoUnfinishedWork() => AssertNone(Texts, Rules.UnfinishedWork);

    [Fact]
    public void Texts_NameNoPrivatePlace() => AssertNone(Texts, Rules.PrivatePlaces);

    [Theory]
    [InlineData(".ci/run")]
    [InlineData("CONTRIBUTING.md")]
    public void Pages_NameTheTestCommandThatIsRun(string path)
    {
        Assert.Contains("dotnet test -c Release", SourceFile.All.Single(file => file.Path == path).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Kernels", "using NonLocal.Tensors.Graphs;")]
    [InlineData("Kernels", "using NonLocal.Tensors.Compile;")]
    [InlineData("Kernels", "Graphs.Node node;")]
    [InlineData("Runtime", "using static NonLocal.Tensors.Compile.Program;")]
    [InlineData("Runtime", "using NonLocal.Tensors.Kernels;")]
    [InlineData("Graphs", "using NonLocal.Tensors.Compile;")]
    public void EngineFolders_UseOfAFolderAbove_IsFound(string folder, string line)
    {
        Assert.Single(Rules.EngineFolders(new($"src/NonLocal.Tensors/{folder}/File.cs", line)));
        Assert.Empty(Rules.EngineFolders(new("src/NonLocal.Tensors/Compile/File.cs", line)));
    }

    [Theory]
    [InlineData("Console.WriteLine(1);")]
    [InlineData("System.Console.Error.Write(1);")]
    [InlineData("x = Environment.GetEnvironmentVariable(name);")]
    [InlineData("Environment.Exit(2);")]
    public void Surroundings_UseBelowThePrograms_IsFound(string line)
    {
        Assert.Single(Rules.Surroundings(new(Kernel, line)));
        Assert.Empty(Rules.Surroundings(new("src/NonLocal.Cli/Program.cs", line)));
        Assert.Empty(Rules.Surroundings(new(Kernel, "// " + line)));
    }

    [Theory]
    [InlineData("object x = Activator.CreateInstance(type);")]
    [InlineData("foreach (Type type in assembly.GetTypes())")]
    [InlineData("member.GetCustomAttribute<Name>();")]
    [InlineData("Type? x = Type.GetType(name);")]
    public void Reflection_IsFound(string line)
    {
        Assert.Single(Rules.Reflection(new(Kernel, line)));
    }

    [Fact]
    public void FileLength_OneLineTooMany_IsFound()
    {
        Assert.Empty(Rules.FileLength(new(Kernel, string.Concat(Enumerable.Repeat("x\n", 400)))));
        Assert.Single(Rules.FileLength(new(Kernel, string.Concat(Enumerable.Repeat("x\n", 401)))));
    }

    [Fact]
    public void LineLength_OneCharacterTooMany_IsFound()
    {
        Assert.Empty(Rules.LineLength(new(Kernel, new string('é', 140) + "\n")));
        Assert.Equal([$"{Kernel}:2: {new string('x', 141)}"], Rules.LineLength(new(Kernel, "\n" + new string('x', 141))));
    }

    [Theory]
    [InlineData("// TO", "DO: later")]
    [InlineData("text FIX", "ME")]
    [InlineData("/// HA", "CK")]
    public void UnfinishedWork_IsFound(string start, string end)
    {
        Assert.Single(Rules.UnfinishedWork(new(Kernel, start + end)));
    }

    [Theory]
    [InlineData("return x;")]
    [InlineData("int y = x + 1;")]
    [InlineData("y = x;")]
    [InlineData("y[i] += x;")]
    [InlineData("Span<float> z = Make(x);")]
    [InlineData("pool.Run(ref job, 3);")]
    [InlineData("if (x > 0)")]
    [InlineData("for (int i = 0; i < n; i++) {")]
    [InlineData("}")]
    [InlineData("using var program = Compile();")]
    public void CommentedOutCode_IsFound(string code)
    {
        Assert.Single(Rules.CommentedOutCode(new(Kernel, $"namespace N;\n    // {code}\nclass C;\n")));
    }

    [Theory]
    [InlineData("// The row before the first is zeros;")]
    [InlineData("// if the sum is zero, as in PyTorch (see above);")]
    [InlineData("// y = x·W + b, with x [n, c] and W [c, d]")]
    [InlineData("/// <code>int y = x;</code>")]
    [InlineData("int y = x; // as in the paper")]
    public void CommentedOutCode_Prose_IsLeftAlone(string line)
    {
        Assert.Empty(Rules.CommentedOutCode(new(Kernel, line)));
    }

    [Theory]
    [InlineData("namespace NonLocal.Tensors;")]
    [InlineData("namespace NonLocal.Tensors.Kernels.Inner;")]
    [InlineData("public class NoNamespace;")]
    public void Namespace_OfAnotherFolder_IsFound(string line)
    {
        Assert.Single(Rules.Namespace(new(Kernel, line)));
        Assert.Empty(Rules.Namespace(new(Kernel, "using System;\n\nnamespace NonLocal.Tensors.Kernels;\n")));
        Assert.Empty(Rules.Namespace(new("src/NonLocal.Cli/Program.cs", "return 0;")));
    }

    [Theory]
    [InlineData("see /wo", "rk/data/x.bin")]
    [InlineData("see /tm", "p/x")]
    [InlineData("ask somebody", "@example.org")]
    public void PrivatePlaces_AreFound(string start, string end)
    {
        Assert.Single(Rules.PrivatePlaces(new("docs/page.md", start + end)));
    }

    [Theory]
    [InlineData("Fact(Sk", "ip = \"slow\")")]
    [InlineData("Theory(DisplayName = \"x\", Sk", "ip=Reason)")]
    public void SkippedTests_AreFound(string start, string end)
    {
        Assert.Single(Rules.SkippedTests(new("tests/NonLocal.Tests/Tests.cs", $"[{start}{end}]")));
    }

    private static void AssertNone(SourceFile[] files, Func<SourceFile, IEnumerable<string>> rule)
    {
        Assert.True(files.Length > 50);
        string[] found = [.. files.SelectMany(rule)];
        Assert.True(found.Length == 0, string.Join('\n', found));
    }
}
