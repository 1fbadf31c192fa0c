using System.Text.Json;
using NonLocal.Testing;

namespace NonLocal.Cli.Tests;

public class VerifyTests
{
    private static readonly string Good = Fixtures.Path("goldens", "pieces", "conv2d_k3_p1.safetensors");

    [Theory]
    [InlineData("single")]
    [InlineData("double")]
    public void Verify_FileThatAgrees_IsExit0AndOneJsonArray(string precision)
    {
        CommandRun run = CommandRun.Of("verify", Good, "--json", "--precision", precision);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("", run.Error);
        JsonElement row = Assert.Single(run.Json().EnumerateArray());
        Assert.Equal(Good, row.GetProperty("file").GetString());
        Assert.Equal("Conv2d", row.GetProperty("block").GetString());
        Assert.Equal("agree", row.GetProperty("status").GetString());
        JsonElement worst = row.GetProperty("worst");
        Assert.InRange(worst.GetProperty("error").GetDouble(), 0, worst.GetProperty("tolerance").GetDouble());
        Assert.NotEmpty(worst.GetProperty("tensor").GetString()!);
    }

    [Fact]
    public void Verify_OneUnreadableFile_IsExit1AndTheOthersAreStillChecked()
    {
        string bad = Fixtures.Path("goldens", "safetensors_malformed", "short_file.safetensors");
        CommandRun run = CommandRun.Of("verify", bad, Good, "--json");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["unreadable", "agree"], run.Json().EnumerateArray().Select(row => row.GetProperty("status").GetString()));
        Assert.Equal(JsonValueKind.Null, run.Json()[0].GetProperty("worst").ValueKind);
        Assert.Equal(1, run.Error.Count(letter => letter == '\n'));
    }

    [Fact]
    public void Verify_WithoutJson_IsATableAndACount()
    {
        CommandRun run = CommandRun.Of("verify", Good);
        Assert.StartsWith("file ", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("1 of 1 agree\n", run.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_ByBlock_HasOneLineForEachWithItsLargestErrors()
    {
        string[] files = [.. Directory.GetFiles(Fixtures.Path("goldens", "ccnet")), Good];
        CommandRun run = CommandRun.Of(["verify", .. files, "--by-block"]);
        Assert.Equal(0, run.ExitCode);
        string[] lines = run.Output.ReplaceLineEndings("\n").Trim().Split('\n');
        Assert.StartsWith("block ", lines[0], StringComparison.Ordinal);
        Assert.Equal("6 of 6 agree", lines[^1]);

        JsonElement[] rows = [.. CommandRun.Of(["verify", .. files, "--json"]).Json().EnumerateArray()];
        Assert.Equal(rows.Select(row => row.GetProperty("block").GetString()).Distinct().Count(), lines.Length - 2);
        foreach (JsonElement row in rows)
        {
            double forward = row.GetProperty("largest_forward_error").GetDouble();
            Assert.InRange(forward, 1e-9, row.GetProperty("largest_gradient_error").GetDouble() * 100);
            Assert.InRange(forward, 1e-9, 5e-6);
        }
    }
}
