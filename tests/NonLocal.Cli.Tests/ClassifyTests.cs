using System.Text.Json;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Tests;

public sealed class ClassifyTests(ClassifyTests.TrainedWorld world) : IClassFixture<ClassifyTests.TrainedWorld>
{
    [Fact]
    public void Classify_AClip_SaysWhatEvalFound()
    {
        string clip = Directory.GetFiles(Path.Combine(world.Data, "lighter")).Order().First();
        string row = world.In("row.csv");
        CommandRun.Of("eval", world.Model, "--data", world.Text("one.txt", $"{clip} lighter\n"), "--views", "2x2", "--logits", row);

        CommandRun run = CommandRun.Of("classify", clip, clip, "--model", world.Model, "--views", "2x2", "--json");

        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        JsonElement[] rows = [.. run.Json().EnumerateArray()];
        Assert.Equal(2, rows.Length);
        JsonElement[] top = [.. rows[1].GetProperty("top").EnumerateArray()];
        Dictionary<string, double> said = top.ToDictionary(
            guess => guess.GetProperty("label").GetString()!, guess => guess.GetProperty("probability").GetDouble());
        double[] expected = [.. File.ReadAllText(row).Split(',').Select(double.Parse)];
        Assert.Equal(expected[0], said["darker"], 6);
        Assert.Equal(expected[1], said["lighter"], 6);
        Assert.True(top[0].GetProperty("probability").GetDouble() >= 0.5);
    }

    [Fact]
    public void Classify_TheSample_IsToldByTheWeightsThatComeWithTheProgram()
    {
        string sample = Path.Combine(NonLocal.Testing.Fixtures.RepositoryRoot, "samples", "tunnel.y4m");

        CommandRun run = CommandRun.Of("classify", sample, "--attention", world.In("sample.png"), "--json");

        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        JsonElement best = run.Json()[0].GetProperty("top")[0];
        Assert.Equal("another ball", best.GetProperty("label").GetString());
        Assert.True(best.GetProperty("probability").GetDouble() > 0.99);
        Assert.True(File.Exists(world.In("sample.png")));
    }

    [Fact]
    public void Eval_TheWeightsThatComeWithTheProgram_KnowTheirTestData()
    {
        CommandRun run = CommandRun.Of("eval", "tunnel-c2d-small-nl", "--data", "tunnel:40:2", "--json");

        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Equal(1, run.Json().GetProperty("top1").GetDouble());
    }

    [Fact]
    public void Classify_AFolderOfFrames_IsAVideo()
    {
        string folder = Directory.CreateDirectory(world.In("frames")).FullName;
        for (int i = 0; i < 9; i++)
        {
            Png.Write(Path.Combine(folder, $"{i}.png"), new Picture(31, 17, 1));
        }

        CommandRun run = CommandRun.Of("classify", folder, "--model", world.Model, "--top", "1");

        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Equal(2, run.Output.Count(letter => letter == '\n'));
    }

    [Fact]
    public void Classify_AnotherCut_SeesMoreOfTheFrames()
    {
        string clip = world.Write("wide.y4m", 1, 12);

        string small = CommandRun.Of("classify", clip, "--model", world.Model, "--json").Output;
        CommandRun large = CommandRun.Of("classify", clip, "--model", world.Model, "--cut", "20", "--json");

        Assert.Equal(("", 0), (large.Error, large.ExitCode));
        Assert.NotEqual(small, large.Output);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1,15,0")]
    public void Classify_Attention_DrawsEveryFrame(string? attend)
    {
        string clip = world.Write("shown.y4m", 1, 12);
        string sheet = world.In($"sheet{attend}.png");

        CommandRun run = CommandRun.Of(
            ["classify", clip, "--model", world.Model, "--attention", sheet, .. attend is null ? (string[])[] : ["--attend", attend]]);

        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Contains($"{sheet}: what the network attends to", run.Output, StringComparison.Ordinal);
        Picture picture = PictureFile.Read(sheet);
        Assert.True(picture.Width > 4 * 200 && picture.Height > 2 * 200, $"{picture.Width} x {picture.Height}");
    }

    [Theory]
    [InlineData("--attention draws one video", "a.y4m", "b.y4m", "--attention", "x.png")]
    [InlineData("--attend needs --attention", "a.y4m", "--attend", "1,2,3")]
    [InlineData("expected a frame, a row and a column", "a.y4m", "--attention", "x.png", "--attend", "1,2")]
    [InlineData("expected a frame, a row and a column", "a.y4m", "--attention", "x.png", "--attend", "1,-2,3")]
    [InlineData("--top is 0", "a.y4m", "--top", "0")]
    [InlineData("--views is '3'", "a.y4m", "--views", "3")]
    [InlineData("--cut is 0", "a.y4m", "--cut", "0")]
    public void Classify_WrongWords_AreRefused(string expected, params string[] words) =>
        CommandRun.Of(["classify", "--model", world.Model, .. words]).Refused(expected);

    [Fact]
    public void Classify_APointOutside_IsRefusedAndNothingIsWritten()
    {
        string clip = world.Write("small.y4m", 1, 12);
        string sheet = world.In("never.png");

        CommandRun.Of("classify", clip, "--model", world.Model, "--attention", sheet, "--attend", "4,0,0")
            .Refused("the clip has frames 0 to 3 of 16 rows and 16 columns");

        Assert.False(File.Exists(sheet));
    }

    [Fact]
    public void Classify_ANetworkOfPictures_IsRefused()
    {
        CommandRun.Of("classify", world.Write("small.y4m", 1, 12), "--model", "cifar10-resnet20-nl")
            .Refused("videos are clips, but cifar-resnet20 is a network of pictures");
        CommandRun.Of("predict", world.Model, world.In("picture.png"))
            .Refused("i3d-small-nl1 is a network of clips; nonlocal classify shows it videos");
    }

    [Theory]
    [InlineData("missing.y4m", null, "there is no such file")]
    [InlineData("empty.mp4", "", "the file is empty")]
    [InlineData("header.y4m", "YUV4MPEG2 W4 H4 F25:1 Cmono\n", "0 frames")]
    [InlineData("cut.y4m", "YUV4MPEG2 W4 H4 F25:1 Cmono\nFRAME\n12345", "truncated")]
    [InlineData("text.mp4", "this is no video at all", "text.mp4")]
    [InlineData("folder", "/", "the folder holds no pictures")]
    public void Classify_WhatIsNoVideo_IsOneLine(string name, string? content, string expected)
    {
        if (content == "/")
        {
            Directory.CreateDirectory(world.In(name));
        }
        else if (content is not null)
        {
            world.Text(name, content);
        }

        CommandRun.Of("classify", world.In(name), "--model", world.Model).Refused(content == "this is no video at all" ? "" : expected);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(33, 17)]
    public void Classify_OddSizes_AreClassified(int width, int height)
    {
        string path = world.In($"{width}x{height}.y4m");
        NonLocal.Vision.Video.Y4M.Write(
            path,
            new NonLocal.Vision.Video.VideoClip(width, height, new byte[width * height * 3]),
            NonLocal.Vision.Video.ChromaSampling.Quarter);

        CommandRun run = CommandRun.Of("classify", path, "--model", world.Model, "--json");

        Assert.Equal(("", 0), (run.Error, run.ExitCode));
    }

    [Fact]
    public void Classify_ANameThatBeginsWithADash_StandsBehindTwo()
    {
        string before = Directory.GetCurrentDirectory();
        world.Write("-i.y4m", 1, 12);
        CommandRun.Of("classify", "-i.y4m", "--model", world.Model).Refused("no option '-i.y4m'");

        CommandRun run = CommandRun.Of("classify", "--model", world.Model, "--json", "--", world.In("-i.y4m"));

        Assert.Equal((before, "", 0), (Directory.GetCurrentDirectory(), run.Error, run.ExitCode));
    }

    public sealed class TrainedWorld : ClipWorld
    {
        public TrainedWorld()
        {
            string recipe = Text(
                "recipe.yaml",
                $$"""
                model: {name: i3d-small-nl1, height: 16, width: 16, frames: 4, frame_stride: 1, shorter_side: 16, normalize_each: true}
                data: {train: {{Data}}}
                training: {epochs: 1, batch: 4, optimizer: {name: adam}, schedule: {name: constant, rate: 0.001} }
                """);
            Assert.Equal("", CommandRun.Of("train", recipe, "--output", In("run")).Error);
        }

        public string Model => In("run/last.safetensors");
    }
}
