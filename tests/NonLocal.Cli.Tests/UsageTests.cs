namespace NonLocal.Cli.Tests;

public class UsageTests
{
    [Theory]
    [InlineData("nonlocal needs one of: demo, verify")]
    [InlineData("has no verb 'convrt'. Did you mean convert?", "convrt", "a", "b")]
    [InlineData("has no option '--jsn'. Did you mean --json?", "convert", "a", "b", "--jsn")]
    [InlineData("has no option '--precison'. Did you mean --precision?", "verify", "a", "--precison=double")]
    [InlineData("does not know what to do with 'c'", "convert", "a", "b", "c")]
    [InlineData("--key", "convert", "a", "b", "--key")]
    [InlineData("FILE", "verify")]
    [InlineData("Did you mean double?", "verify", "a", "--precision", "doubel")]
    public void Run_WrongUsage_IsOneLineWithTheNearestName(string expected, params string[] arguments) =>
        CommandRun.Of(arguments).Refused(expected);

    [Fact]
    public void Run_DebugAfterAnError_ShowsWhereItComesFrom() =>
        Assert.Contains("   at ", CommandRun.Of("convert", "missing.pth", "out.safetensors", "--debug").Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("demo")]
    [InlineData("verify")]
    [InlineData("eval")]
    [InlineData("predict")]
    [InlineData("explain")]
    [InlineData("convert")]
    [InlineData("bench block")]
    [InlineData("bench model")]
    [InlineData("bench matmul")]
    [InlineData("summary")]
    [InlineData("models")]
    [InlineData("blocks")]
    [InlineData("data verify")]
    public void Run_HelpOfAVerb_HasTwoExamplesThatParse(string verb)
    {
        CommandRun run = CommandRun.Of([.. verb.Split(' '), "--help"]);
        Assert.Equal(0, run.ExitCode);
        string[] examples =
        [
            .. run.Output[run.Output.IndexOf("Examples:", StringComparison.Ordinal)..].Split('\n')
                .Select(line => line.Trim())
                .Where(line => line == $"nonlocal {verb}" || line.StartsWith($"nonlocal {verb} ", StringComparison.Ordinal)),
        ];
        Assert.Equal(2, examples.Length);
        Assert.All(examples, example => Assert.Null(Application.Check(example.Split(' ')[1..])));
    }

    [Fact]
    public void Run_HelpOfTheCommand_NamesEveryVerb()
    {
        string help = CommandRun.Of("--help").Output;
        Assert.All(
            new[] { "demo", "verify", "eval", "predict", "explain", "convert", "bench", "summary", "models", "blocks", "data" },
            verb => Assert.Contains($"  {verb} ", help, StringComparison.Ordinal));
    }

    [Fact]
    public void Run_FileNamedLikeAnOption_IsAFileAfterTwoDashes()
    {
        CommandRun run = CommandRun.Of("verify", "--", "--odd.safetensors");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--odd.safetensors", run.Error, StringComparison.Ordinal);
    }
}
