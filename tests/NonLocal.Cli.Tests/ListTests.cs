using System.Text.Json;
using NonLocal.Attention;
using NonLocal.Models;

namespace NonLocal.Cli.Tests;

/// <summary>The verbs <c>models</c> and <c>blocks</c>.</summary>
public class ListTests
{
    [Fact]
    public void Models_Json_HasEveryModelWithPublishedNumbers()
    {
        CommandRun run = CommandRun.Of("models", "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        JsonElement[] rows = [.. run.Json().EnumerateArray()];
        Assert.Equal(ModelRegistry.Names, rows.Select(row => row.GetProperty("name").GetString()));
        JsonElement resnet = rows.Single(row => row.GetProperty("name").GetString() == "resnet50");
        Assert.Equal("1x224x224x3", resnet.GetProperty("input").GetString());
        Assert.Equal(1000, resnet.GetProperty("classes").GetInt32());
        Assert.Equal(25_557_032, resnet.GetProperty("parameters").GetInt64());

        // torchvision's documentation says 4.09 GFLOPS, counted as multiply-adds.
        Assert.Equal(4.09e9, resnet.GetProperty("multiply_adds").GetDouble(), 0.01e9);
        Assert.Contains("arXiv 1512.03385", resnet.GetProperty("source").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(resnet.GetProperty("description").GetString()!);
    }

    [Fact]
    public void Models_PartOfAName_ListsThoseModels()
    {
        CommandRun run = CommandRun.Of("models", "CIFAR");
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("name ", run.Output, StringComparison.Ordinal);
        Assert.Equal(7, run.Output.Count(letter => letter == '\n'));
        Assert.DoesNotContain("ImageNet", run.Output, StringComparison.Ordinal);
        CommandRun.Of("models", "vgg16").Refused("no model's name holds 'vgg16'");
    }

    [Fact]
    public void Blocks_Json_HasEveryBlockWithItsCostAgainstTheLiteralDefinition()
    {
        CommandRun run = CommandRun.Of("blocks", "--json", "--shape", "1x32x32x64");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        JsonElement[] rows = [.. run.Json().EnumerateArray()];
        Assert.Equal(AttentionRegistry.Names, rows.Select(row => row.GetProperty("name").GetString()));
        Assert.All(rows, row => Assert.NotEmpty(row.GetProperty("source").GetString()!));
        JsonElement block = rows.Single(row => row.GetProperty("name").GetString() == "non-local");
        Assert.Equal([1, 2, 3], block.GetProperty("axes").EnumerateArray().Select(axes => axes.GetInt32()));

        // Four 1×1 convolutions and pairs, 64 to 32 channels.
        Assert.Equal(2L * 1024 * 64 * 32 * 4 + 2L * 2 * 1024 * 1024 * 32, block.GetProperty("flops").GetInt64());
        Assert.Equal("less memory", block.GetProperty("route").GetString());
        Assert.InRange(block.GetProperty("literal_arena_bytes").GetInt64(), 4L * 1024 * 1024, 16L * 1024 * 1024);
        Assert.InRange(block.GetProperty("arena_bytes").GetInt64(), 1, (4L * 1024 * 1024) - 1);
    }

    [Fact]
    public void Blocks_WithoutJson_IsATableForTheShape()
    {
        CommandRun run = CommandRun.Of("blocks", "--shape", "1x100x16");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(AttentionRegistry.Names.Count + 1, run.Output.Count(letter => letter == '\n'));
        Assert.Contains("arXiv 1711.07971", run.Output, StringComparison.Ordinal);
        CommandRun.Of("blocks", "--shape", "64x512").Refused("--shape 64x512 has 2 axes, expected 3 to 5");
    }
}
