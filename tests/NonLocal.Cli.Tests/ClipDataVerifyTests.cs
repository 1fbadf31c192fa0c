using System.Text.Json;

namespace NonLocal.Cli.Tests;

public sealed class ClipDataVerifyTests(ClipWorld world) : IClassFixture<ClipWorld>
{
    [Fact]
    public void DataVerify_ClassFoldersOfClips_DecodesThem()
    {
        CommandRun run = CommandRun.Of("data", "verify", world.Data, "--classes", "2", "--json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        JsonElement result = run.Json();
        Assert.Equal("class folders of clips", result.GetProperty("kind").GetString());
        Assert.Equal(8, result.GetProperty("samples").GetInt32());
        JsonElement size = Assert.Single(result.GetProperty("sizes").EnumerateArray());
        Assert.Equal(ClipWorld.Width, size.GetProperty("width").GetInt32());
    }

    [Fact]
    public void DataVerify_AListWithBadFiles_WritesThemDown()
    {
        string bad = world.Write("half.y4m", 1, 1);
        File.WriteAllBytes(bad, File.ReadAllBytes(bad)[..^7]);
        world.Text("empty.y4m", "");
        string list = world.Text("list.txt", "clips/darker/0.y4m 0\nhalf.y4m 1\nnowhere.y4m 1\nempty.y4m 1\n");
        string lines = world.In("bad.txt");

        CommandRun run = CommandRun.Of("data", "verify", list, "--bad", lines);

        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        string[] found = File.ReadAllLines(lines);
        Assert.Equal(3, found.Length);
        Assert.StartsWith($"{bad}: ", found[0], StringComparison.Ordinal);
        Assert.Contains("nowhere.y4m: there is no such file", found[1], StringComparison.Ordinal);
        Assert.Contains("empty.y4m: the file is empty", found[2], StringComparison.Ordinal);
        Assert.All(found, line => Assert.Contains($"bad: {line}", run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public void DataGenerate_Tunnel_WritesClassFoldersThatVerifyTakes()
    {
        string folder = world.In("tunnel");

        CommandRun run = CommandRun.Of("data", "generate", "tunnel:8:3", folder, "--json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        JsonElement found = CommandRun.Of("data", "verify", folder, "--json").Json();
        Assert.Equal([4, 4], found.GetProperty("classes").EnumerateArray().Select(each => each.GetProperty("samples").GetInt32()));
        Assert.Equal(64, found.GetProperty("sizes")[0].GetProperty("width").GetInt32());
        CommandRun.Of("data", "generate", "tunnel:8:3", folder).Refused("is not empty");
        CommandRun.Of("data", "generate", "tunnel:8", world.In("other")).Refused("'tunnel:8' names no clips to generate");
        CommandRun.Of("data", "generate", "marks:8:1", world.In("other")).Refused("'marks:8:1' names no clips to generate");
    }

    [Fact]
    public void DataVerify_WhatIsNoList_IsRefused()
    {
        CommandRun.Of("data", "verify", world.Text("none.txt", "# nothing\n")).Refused("the list names no clips");
        CommandRun.Of("data", "verify", world.In("missing.csv")).Refused("missing.csv: there is no such file");
        CommandRun.Of("data", "verify", world.In("pictures.bin"), "--root", world.Data).Refused("--root");
    }
}
