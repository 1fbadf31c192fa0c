using System.Globalization;
using System.Text.Json;
using NonLocal.Testing;

namespace NonLocal.Cli.Tests;

public sealed class ClipTrainTests(ClipWorld world) : IClassFixture<ClipWorld>
{
    private const string Model =
        "model: {name: i3d-small-nl1, height: 16, width: 16, frames: 4, frame_stride: 1, shorter_side: 16, normalize_each: true}";

    private const string Text =
        Model + """

        data:
          train: DATA
          test: DATA
          augment: {shorter_sides: [16, 18], flip: true, never_flip: [lighter]}
        training:
          epochs: 2
          batch: 4
          micro_batches: 2
          optimizer: {name: adam}
          schedule: {name: constant, rate: 0.001}
          save_every: 1

        """;

    [Fact]
    public void Train_Clips_LeavesACheckpointThatEvalTakes()
    {
        string folder = world.In("run");
        CommandRun run = CommandRun.Of("train", Recipe(), "--output", folder);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Contains("8 clips of 2 classes", run.Output, StringComparison.Ordinal);
        string[] last = File.ReadAllLines(Path.Combine(folder, "log.csv"))[^1].Split(',');

        string confusion = world.In("confusion.csv");
        string checkpoint = Path.Combine(folder, "last.safetensors");
        JsonElement own = CommandRun.Of("eval", checkpoint, "--json", "--confusion", confusion).Json();
        JsonElement given = CommandRun.Of("eval", checkpoint, "--data", world.Data, "--json").Json();
        Assert.Equal(own.GetProperty("correct").GetInt32(), given.GetProperty("correct").GetInt32());
        Assert.Equal(last[4], own.GetProperty("top1").GetDouble().ToString("R", CultureInfo.InvariantCulture));
        Assert.False(own.TryGetProperty("images_per_second", out _));
        JsonElement[] classes = [.. own.GetProperty("classes").EnumerateArray()];
        Assert.Equal(["darker", "lighter"], classes.Select(each => each.GetProperty("name").GetString()));
        string[] rows = File.ReadAllLines(confusion);
        Assert.Equal("class,darker,lighter", rows[0]);
        int diagonal = int.Parse(rows[1].Split(',')[1]) + int.Parse(rows[2].Split(',')[2]);
        Assert.Equal(own.GetProperty("correct").GetInt32(), diagonal);
        Assert.Equal(8, rows.Skip(1).Sum(row => row.Split(',').Skip(1).Sum(int.Parse)));
    }

    [Fact]
    public void Train_StoppedClips_EndInTheSameBytes()
    {
        CommandRun.Of("train", Recipe(), "--output", world.In("whole"), "training.epochs=1");
        CommandRun.Of("train", Recipe(), "--output", world.In("half"), "training.epochs=1", "--threads", "1");
        foreach (string name in (string[])["best.safetensors", "last.safetensors"])
        {
            File.Delete(world.In($"half/{name}"));
        }

        CommandRun.Of("train", Recipe(), "--output", world.In("half"), "training.epochs=1", "--resume");

        Assert.Equal(File.ReadAllBytes(world.In("whole/last.safetensors")), File.ReadAllBytes(world.In("half/last.safetensors")));
    }

    [Fact]
    public void Train_CachedClips_LogTheSame()
    {
        string[] common = ["train", Recipe(), "training.epochs=1", "data.augment.shorter_sides=[16, 16]", "--output"];
        CommandRun.Of([.. common, world.In("plain")]);
        CommandRun run = CommandRun.Of([.. common, world.In("cached"), "data.cache=" + world.In("cache")]);

        Assert.Equal("", run.Error);
        Assert.Equal(Log("plain"), Log("cached"));
        Assert.Single(Directory.GetDirectories(world.In("cache")));

        string[] Log(string name) =>
            [.. File.ReadAllLines(world.In($"{name}/log.csv")).Select(line => line[..line.LastIndexOf(',')])];
    }

    [Theory]
    [InlineData("name: i3d-small-nl1", "name: cifar-resnet20", "there is no 'model.frames' in a recipe")]
    [InlineData(Model, "model: {name: cifar-resnet20}", "clips are clips, but cifar-resnet20 is a network of pictures")]
    [InlineData("shorter_sides: [16, 18]", "shorter_sides: [18, 16]", "data.augment.shorter_sides: expected two lengths")]
    [InlineData("never_flip: [lighter]", "never_flip: [light]", "Did you mean lighter")]
    [InlineData("augment:", "control: shuffled\n  augment:", "Did you mean shuffled-frames")]
    [InlineData("train: DATA", "train: tunnel:0:1", "'tunnel:0:1' names no clips to generate")]
    [InlineData("train: DATA", "train: missing.csv", "missing.csv: there is no such file")]
    [InlineData("test: DATA", "test: tunnel:4:1", "are not those that are learned (darker, lighter)")]
    public void Train_AWrongRecipe_IsRefused(string old, string text, string expected)
    {
        string output = world.In("never");
        CommandRun.Of("train", Recipe(old, text), "--output", output).Refused(expected);
        Assert.False(File.Exists(Path.Combine(output, "last.safetensors")));
    }

    [Fact]
    public void Read_WeightsOfARun_AreThoseOfItsNetwork()
    {
        string folder = world.In("before");
        CommandRun.Of("train", Recipe(), "training.epochs=1", "training.average=0.5", "--output", folder);
        string checkpoint = Path.Combine(folder, "last.safetensors");

        Recipes.Recipe recipe = Recipes.Recipe.Read(Recipe(), ["model.weights=" + checkpoint, "model.frames=6", "training.seed=9"]);

        Models.Classifier trained = WeightFile.Load(checkpoint);
        foreach ((Tensors.Graphs.Variable expected, Tensors.Graphs.Variable actual) in trained.Parameters().Zip(recipe.Model.Parameters()))
        {
            Assert.Equal(expected.Value.Span.ToArray(), actual.Value.Span.ToArray());
        }
    }

    [Fact]
    public void Read_TheSeed_IsThatOfDropout()
    {
        Recipes.Recipe recipe = Recipes.Recipe.Read(Recipe(), ["training.seed=6"]);

        Assert.Equal(6UL, Assert.Single(recipe.Model.Tree().OfType<Layers.Dropout>()).Seed);
    }

    [Fact]
    public void Train_AListWithMissingFiles_IsRefusedAndTheFirstIsNamed()
    {
        string list = world.Text("list.txt", "clips/darker/0.y4m 0\nclips/darker/none.y4m 1\nclips/lighter/1.y4m 1\n");

        CommandRun.Of("train", Recipe(), "data.train=" + list, "data.test=" + list, "data.augment.never_flip=[]", "training.batch=2",
            "--output", world.In("missing")).Refused("1 clips cannot be used, the first is");
    }

    [Theory]
    [InlineData("kinetics-c2d-resnet50-nl5", "[8, 32, 224, 224, 3]", "epochs: 107")]
    [InlineData("kinetics-i3d-resnet50-nl5-128", "[8, 128, 224, 224, 3]", "freeze_norms: true")]
    [InlineData("mouth-words", "[8, 10, 40, 64, 1]", "normalize_each: true")]
    [InlineData("fights", "[8, 14, 48, 64, 1]", "shorter_sides: [48, 56]")]
    [InlineData("tunnel", "[8, 12, 24, 64, 3]", "frame_stride: 1")]
    public void Read_ARecipeOfTheProject_IsResolved(string name, string input, string expected)
    {
        string folds = world.Text("folds.csv", "fold\n0\n1\n0\n1\n0\n1\n0\n1\n");
        string list = world.Text("all.txt", string.Concat(Enumerable.Range(0, 8).Select(i => $"clips/x/{i}.y4m {i % 2}\n")));
        string[] changes = name == "fights" ? ["data.index=" + folds] : ["data.test=" + list];

        Recipes.Recipe recipe = Recipes.Recipe.Read(
            Path.Combine(Fixtures.RepositoryRoot, "recipes", name + ".yaml"),
            [
                "data.train=" + list, "data.class_names=[no, yes]", "training.batch=4", "training.micro_batches=1", .. changes,
            ]);

        Assert.Equal(input, $"[{string.Join(", ", recipe.Model.Info.InputShape(8))}]");
        Assert.Equal(name == "fights" ? 4 : 8, recipe.Data.Count);
        Assert.Contains(expected, recipe.Plan.Recipe, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10", "expected clips and cuts with an x")]
    [InlineData("0x3", "expected clips and cuts with an x")]
    [InlineData("999x9", "at most 1000 in all")]
    public void Eval_WrongViews_AreRefused(string views, string expected)
    {
        CommandRun.Of("train", Recipe(), "training.epochs=1", "--output", world.In($"views{views}"));

        CommandRun.Of("eval", world.In($"views{views}/last.safetensors"), "--views", views).Refused(expected);
    }

    private string Recipe(string old = "", string text = "")
    {
        string content = old.Length == 0 ? Text : Text.Replace(old, text, StringComparison.Ordinal);
        return world.Text($"{Guid.NewGuid():N}.yaml", content.Replace("DATA", world.Data, StringComparison.Ordinal));
    }
}
