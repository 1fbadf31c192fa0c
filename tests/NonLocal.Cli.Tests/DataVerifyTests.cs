using System.Text.Json;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Tests;

public sealed class DataVerifyTests(SmallWorld world) : IClassFixture<SmallWorld>
{
    [Fact]
    public void DataVerify_Cifar_IsCountedByClass()
    {
        CommandRun run = CommandRun.Of("data", "verify", world.Data, "--classes", "10", "--json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        JsonElement result = run.Json();
        Assert.Equal("CIFAR-10", result.GetProperty("kind").GetString());
        Assert.Equal(SmallWorld.Samples, result.GetProperty("samples").GetInt32());
        Assert.Equal([6, 6, 6, 5, 5, 5, 5, 5, 5, 5], Numbers(result, "classes", "samples"));
        Assert.Equal([32], Numbers(result, "sizes", "width"));
        Assert.Empty(result.GetProperty("bad").EnumerateArray());
    }

    [Fact]
    public void DataVerify_BadPicture_IsNamedAndTheExitCodeIsOne()
    {
        string folder = Photos("bad");
        string bad = Path.Combine(folder, "cat", "2.png");
        File.WriteAllBytes(bad, File.ReadAllBytes(bad)[..^20]);

        CommandRun run = CommandRun.Of("data", "verify", folder);
        JsonElement result = CommandRun.Of("data", "verify", folder, "--json").Json();

        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        Assert.Contains("kind      class folders", run.Output, StringComparison.Ordinal);
        Assert.Contains($"\nbad: {bad}: ", run.Output, StringComparison.Ordinal);
        JsonElement found = Assert.Single(result.GetProperty("bad").EnumerateArray());
        Assert.Equal(2, found.GetProperty("index").GetInt32());
        Assert.StartsWith(bad, found.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal([3, 12], Numbers(result, "classes", "samples"));
    }

    [Fact]
    public void DataVerify_UnusualSizeAndOtherClasses_AreALineEach()
    {
        string folder = Photos("unusual");
        Png.Write(Path.Combine(folder, "dog", "0.png"), new Picture(3, 4, 3));

        CommandRun run = CommandRun.Of("data", "verify", folder, "--classes", "3");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("\nwrong: the set has 2 classes, expected 3\n", run.Output, StringComparison.Ordinal);
        Assert.Contains(
            $"\nunusual: {Path.Combine(folder, "dog", "0.png")}: the picture is 3 x 4 x 3, nearly all others are 4 x 4 x 3\n",
            run.Output,
            StringComparison.Ordinal);
        Assert.Equal(0, CommandRun.Of("data", "verify", folder).ExitCode);
    }

    [Fact]
    public void DataVerify_WhatCannotBeRead_IsRefused()
    {
        Directory.CreateDirectory(world.In("empty/eel"));
        File.WriteAllBytes(world.In("cut.tar"), new byte[100]);

        CommandRun.Of("data", "verify", world.In("empty")).Refused("the class folder \"eel\" holds no pictures");
        CommandRun.Of("data", "verify", world.In("cut.tar")).Refused("truncated");
        CommandRun.Of("data", "verify", world.In("nothing")).Refused("there is no such file");
        CommandRun.Of("data", "verify", world.Data, "--classes", "0").Refused("--classes");
    }

    private static int[] Numbers(JsonElement result, string list, string name) =>
        [.. result.GetProperty(list).EnumerateArray().Select(element => element.GetProperty(name).GetInt32())];

    private string Photos(string name)
    {
        for (int i = 0; i < 15; i++)
        {
            string path = Path.Combine(world.In(name), i < 3 ? "cat" : "dog", $"{i % 12}.png");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Png.Write(path, new Picture(4, 4, 3));
        }

        return world.In(name);
    }
}
