using System.Text.Json;

namespace NonLocal.Cli.Tests;

public class SummaryTests
{
    [Fact]
    public void Summary_Json_AddsUp()
    {
        CommandRun run = CommandRun.Of("summary", "cifar-resnet20", "--shape", "2x32x32x3", "--json");
        Assert.Equal(0, run.ExitCode);
        JsonElement result = run.Json();
        JsonElement[] modules = [.. result.GetProperty("modules").EnumerateArray()];
        Assert.Equal(269_722, result.GetProperty("parameters").GetInt64());
        Assert.Equal(269_722, modules.Sum(module => module.GetProperty("parameters").GetInt64()));
        Assert.Equal(result.GetProperty("flops").GetInt64(), modules.Sum(module => module.GetProperty("flops").GetInt64()));
        Assert.Equal("2x10", result.GetProperty("output").GetString());
        Assert.Equal(0, result.GetProperty("attention_flops").GetInt64());
        Assert.True(result.GetProperty("arena_bytes").GetInt64() > 0);
        JsonElement first = modules.Single(module => module.GetProperty("module").GetString() == "conv1");
        Assert.Equal("2x32x32x16", first.GetProperty("output").GetString());
        Assert.Equal(2L * 2 * 32 * 32 * 16 * 27, first.GetProperty("flops").GetInt64());
        Assert.Equal(4L * 2 * 32 * 32 * 16, first.GetProperty("activation_bytes").GetInt64());
    }

    [Fact]
    public void Summary_WithoutJson_IsATableThatEndsWithTheArena()
    {
        CommandRun run = CommandRun.Of("summary", "resnet18", "--shape", "1x64x64x3");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("layer4.1.conv2", run.Output, StringComparison.Ordinal);
        Assert.Contains("11,689,512", run.Output, StringComparison.Ordinal);
        Assert.StartsWith("arena ", run.Output.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Summary_WeightsThatSayTheirModel_AreThatModelWithItsAttention()
    {
        CommandRun run = CommandRun.Of("summary", "cifar10-resnet20-nl", "--shape", "1x32x32x3", "--json");
        Assert.Equal(271_914, run.Json().GetProperty("parameters").GetInt64());
        Assert.True(run.Json().GetProperty("attention_flops").GetInt64() > 0);
    }

    [Theory]
    [InlineData("cifar10-resnet20-nl", "1x32x32x3")]
    [InlineData("i3d-tiny", "1x8x48x64x3")]
    public void Summary_WithoutAShape_IsOfOneSampleAsTheNetworkTakesIt(string model, string expected) =>
        Assert.Equal(expected, CommandRun.Of("summary", model, "--json").Json().GetProperty("input").GetString());

    [Fact]
    public void Summary_WithTimes_SharesThemOutAmongTheModules()
    {
        CommandRun run = CommandRun.Of("summary", "cifar10-resnet20-nl", "--shape", "1x32x32x3", "--time", "--json");
        JsonElement[] modules = [.. run.Json().GetProperty("modules").EnumerateArray()];
        double[] times = [.. modules.Select(module => module.GetProperty("milliseconds").GetDouble())];
        Assert.Equal(run.Json().GetProperty("milliseconds").GetDouble(), times.Sum(), 1e-9);
        Assert.All(times, time => Assert.True(time >= 0));
        JsonElement block = Assert.Single(run.Json().GetProperty("blocks").EnumerateArray());
        Assert.Equal("nl2", block.GetProperty("block").GetString());
        Assert.InRange(block.GetProperty("time_share").GetDouble(), 1e-6, 1);
        Assert.Equal(
            (double)run.Json().GetProperty("attention_flops").GetInt64() / run.Json().GetProperty("flops").GetInt64(),
            block.GetProperty("flops_share").GetDouble(),
            1e-12);
        CommandRun table = CommandRun.Of("summary", "cifar10-resnet20-nl", "--shape", "1x32x32x3", "--time");
        Assert.Contains(" % of the arithmetic, ", table.Output, StringComparison.Ordinal);
        Assert.Contains("% of time", table.Output, StringComparison.Ordinal);
        CommandRun without = CommandRun.Of("summary", "cifar10-resnet20-nl", "--shape", "1x32x32x3", "--json");
        Assert.False(without.Json().TryGetProperty("milliseconds", out _));
    }

    [Theory]
    [InlineData("Did you mean resnet18", "resent18", "--shape", "1x64x64x3")]
    [InlineData("expected 4", "resnet18", "--shape", "64x64x3")]
    [InlineData("not made of", "resnet18", "--shape", "wide")]
    public void Summary_BadInput_IsRefused(string expected, params string[] arguments) =>
        CommandRun.Of(["summary", .. arguments]).Refused(expected);
}
