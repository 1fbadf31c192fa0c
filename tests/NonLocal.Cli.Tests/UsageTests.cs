namespace NonLocal.Cli.Tests;

public class UsageTests
{
    [Theory]
    [InlineData("nonlocal needs one of: verify")]
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
    [InlineData("verify")]
    [InlineData("convert")]
    public void Run_HelpOfAVerb_HasTwoExamplesThatParse(string verb)
    {
        CommandRun run = CommandRun.Of(verb, "--help");
        Assert.Equal(0, run.ExitCode);
        string[] examples = [.. run.Output.Split('\n').Select(line => line.Trim())
            .Where(line => line.StartsWith("nonlocal " + verb, StringComparison.Ordinal))];
        Assert.Equal(3, examples.Length); // the usage line and two examples
        foreach (string example in examples[1..])
        {
            CommandRun again = CommandRun.Of([.. example.Split(' ')[1..], "--help"]);
            Assert.Equal(0, again.ExitCode);
        }
    }

    [Fact]
    public void Run_FileNamedLikeAnOption_IsAFileAfterTwoDashes()
    {
        CommandRun run = CommandRun.Of("verify", "--", "--odd.safetensors");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--odd.safetensors", run.Error, StringComparison.Ordinal);
    }
}
