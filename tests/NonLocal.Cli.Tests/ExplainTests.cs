using System.Text.Json;

namespace NonLocal.Cli.Tests;

/// <summary>The verb <c>explain</c> over a data set.</summary>
public sealed class ExplainTests(SmallWorld world) : IClassFixture<SmallWorld>
{
    [Fact]
    public void Explain_Data_MeasuresEveryBlock()
    {
        CommandRun run = CommandRun.Of("explain", "--data", world.Data, "--samples", "3", "--queries", "10", "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(3, run.Json().GetProperty("samples").GetInt32());
        JsonElement block = Assert.Single(run.Json().GetProperty("blocks").EnumerateArray());
        Assert.Equal("nl2", block.GetProperty("block").GetString());
        Assert.Equal("NonLocalBlock", block.GetProperty("kind").GetString());
        Assert.Equal(256, block.GetProperty("positions").GetInt32());
        Assert.Equal(10, block.GetProperty("queries").GetInt32());
        foreach (string name in (string[])["input_cosine", "output_cosine", "map_cosine", "map_jensen_shannon"])
        {
            Assert.InRange(block.GetProperty(name).GetProperty("mean").GetDouble(), 1e-6, 0.693);
            Assert.InRange(block.GetProperty(name).GetProperty("standard_error").GetDouble(), 1e-6, 0.693);
        }
    }

    [Fact]
    public void Explain_DataWithoutJson_IsATable()
    {
        CommandRun run = CommandRun.Of("explain", "--data", world.Data, "--samples", "2", "--queries", "4");
        Assert.StartsWith("block  kind ", run.Output, StringComparison.Ordinal);
        Assert.Contains("\nnl2    NonLocalBlock ", run.Output, StringComparison.Ordinal);
        Assert.Contains("over 2 samples", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_WhatCannotBeMeasured_IsRefused()
    {
        CommandRun.Of("explain", "cifar-resnet20", "--weights", world.Weights, "--data", world.Data).Refused("has no attention block");
        CommandRun.Of("explain", "--data", world.Data, "--samples", "0").Refused("--samples is 0");
        CommandRun.Of("explain", "--data", world.Data, "--queries", "1").Refused("--queries is 1");
        CommandRun.Of("explain", "--data", world.In("none")).Refused("none");
    }
}
