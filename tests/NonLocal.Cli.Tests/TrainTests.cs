using System.Text.Json;

namespace NonLocal.Cli.Tests;

public sealed class TrainTests(RecipeWorld world) : IClassFixture<RecipeWorld>
{
    [Fact]
    public void Train_ARecipe_LeavesRecipeEnvironmentLogAndCheckpoints()
    {
        string folder = world.In("run");
        CommandRun run = CommandRun.Of("train", world.Recipe, "--output", folder, "--json");
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.ExitCode);
        JsonElement result = run.Json();
        Assert.True(result.GetProperty("finished").GetBoolean());
        Assert.Equal(4, result.GetProperty("steps").GetInt64());
        Assert.Equal(
            ["best.safetensors", "environment.json", "last.safetensors", "log.csv", "previous.safetensors", "recipe.yaml"],
            Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        Assert.Equal(5, File.ReadAllLines(Path.Combine(folder, "log.csv")).Length);
        string resolved = File.ReadAllText(Path.Combine(folder, "recipe.yaml"));
        Assert.Contains("nesterov: false", resolved, StringComparison.Ordinal);
        Assert.Contains("classes: [dark, light]", resolved, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_TheResolvedRecipe_IsTheSameRun()
    {
        CommandRun.Of("train", world.Recipe, "--output", world.In("first"), "training.save_every=1");
        CommandRun again = CommandRun.Of("train", world.In("first/recipe.yaml"), "--output", world.In("second"));
        Assert.Equal("", again.Error);
        foreach (string file in (string[])["recipe.yaml", "last.safetensors", "best.safetensors"])
        {
            Assert.Equal(File.ReadAllBytes(world.In($"first/{file}")), File.ReadAllBytes(world.In($"second/{file}")));
        }
    }

    [Fact]
    public void Train_OtherThreads_SameBits()
    {
        CommandRun.Of("train", world.Recipe, "--output", world.In("one"), "--threads", "1");
        CommandRun.Of("train", world.Recipe, "--output", world.In("three"), "--threads", "3");
        Assert.Equal(File.ReadAllBytes(world.In("one/last.safetensors")), File.ReadAllBytes(world.In("three/last.safetensors")));
    }

    [Fact]
    public void Train_AFolderWithARun_IsResumedOnlyOnRequestAndWithTheSameRecipe()
    {
        string folder = world.In("twice");
        Assert.Equal(0, CommandRun.Of("train", world.Recipe, "--output", folder).ExitCode);
        byte[] before = File.ReadAllBytes(Path.Combine(folder, "last.safetensors"));
        CommandRun.Of("train", world.Recipe, "--output", folder).Refused("--resume");
        CommandRun.Of("train", world.Recipe, "training.epochs=3", "--output", folder, "--resume").Refused("'epochs: 2'");
        Assert.Equal(0, CommandRun.Of("train", world.Recipe, "--output", folder, "--resume").ExitCode);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(folder, "last.safetensors")));
    }

    [Fact]
    public void Train_ADamagedCheckpoint_IsPassedOverAndNamed()
    {
        string folder = world.In("damaged");
        CommandRun.Of("train", world.Recipe, "--output", folder);
        string last = Path.Combine(folder, "last.safetensors");
        byte[] whole = File.ReadAllBytes(last);
        byte[] bytes = [.. whole];
        bytes[^9] ^= 1;
        File.WriteAllBytes(last, bytes);
        CommandRun run = CommandRun.Of("train", world.Recipe, "--output", folder, "--resume");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("last.safetensors", run.Error, StringComparison.Ordinal);
        Assert.Contains("older checkpoint", run.Error, StringComparison.Ordinal);
        Assert.Equal(whole, File.ReadAllBytes(last));
    }

    [Fact]
    public void Checkpoint_IsAModelForEvalPredictAndConvert()
    {
        CommandRun.Of("train", world.Recipe, "training.average=0.5", "--output", world.In("model"));
        string best = world.In("model/best.safetensors");
        CommandRun eval = CommandRun.Of("eval", best, "--data", world.Data, "--json");
        Assert.Equal("", eval.Error);
        CommandRun itsOwn = CommandRun.Of("eval", best, "--json");
        Assert.Equal(eval.Json().GetProperty("correct").GetInt32(), itsOwn.Json().GetProperty("correct").GetInt32());
        double top1 = eval.Json().GetProperty("top1").GetDouble();
        string logged = File.ReadAllLines(world.In("model/log.csv"))
            .Select(line => line.Split(',')[4]).Where(text => text.Length > 0 && char.IsDigit(text[0])).Max()!;
        Assert.Equal(logged, top1.ToString("R", System.Globalization.CultureInfo.InvariantCulture));

        string weights = world.In("weights.safetensors");
        Assert.Equal(0, CommandRun.Of("convert", best, weights).ExitCode);
        string picture = Directory.GetFiles(Path.Combine(world.Data, "dark")).First();
        CommandRun fromCheckpoint = CommandRun.Of("predict", best, picture, "--json");
        CommandRun fromWeights = CommandRun.Of("predict", weights, picture, "--json");
        Assert.Equal("", fromWeights.Error);
        Assert.Equal(fromCheckpoint.Output, fromWeights.Output);
        Assert.Contains("light", fromWeights.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("epochs: 2", "epoch: 2", ":9: there is no 'training.epoch' in a recipe. Did you mean epochs")]
    [InlineData("epochs: 2", "epochs: two", "training.epochs is 'two', expected a whole number")]
    [InlineData("name: cifar-resnet20", "name: cifar-resnet21", "Did you mean cifar-resnet20")]
    [InlineData("block: non-local", "block: nonlocl", "Did you mean non-local")]
    [InlineData("stages: [3]", "stages: [7]", "stage")]
    [InlineData("batch: 4", "batch: 4\n  batch: 8", "'batch' is there twice")]
    [InlineData("batch: 4", "batch: 400", "cannot be filled")]
    [InlineData("flip: true", "flip: maybe", "data.augment.flip is 'maybe', expected true or false")]
    [InlineData("name: step", "name: stepp", "Did you mean step")]
    [InlineData("seed: 5", "seed: [5", "this is no YAML")]
    [InlineData("seed: 5", "seed: &a 5\n  save_every: *a", "references")]
    [InlineData("training:", "trainig:", "there is no 'trainig' in a recipe. Did you mean training")]
    [InlineData("momentum: 0.9", "momentum: -0.9", "from 0 to 1")]
    public void Train_AWrongRecipe_IsRefusedWithItsLine(string old, string text, string expected)
    {
        string output = world.In("never");
        CommandRun.Of("train", world.RecipeWith(old, text), "--output", output).Refused(expected);
        Assert.False(Directory.Exists(output));
    }

    [Fact]
    public void Train_WrongWords_AreRefused()
    {
        CommandRun.Of("train", world.In("none.yaml")).Refused("none.yaml");
        CommandRun.Of("train", world.Recipe, "epochs").Refused("expected key=value");
        CommandRun.Of("train", world.Recipe, "training.epoch=3").Refused("on the command line: there is no 'training.epoch'");
        CommandRun.Of("train", world.Recipe, "training.epochs.x=3").Refused("training.epochs is no section");
        CommandRun.Of("train", world.Recipe, "--threads", "0").Refused("--threads");
        CommandRun.Of("train", world.Recipe, "--output", world.Recipe).Refused("is a file");
        CommandRun.Of("train", world.Recipe, "data.train=" + world.In("nowhere")).Refused("nowhere");
    }

    [Fact]
    public void Train_APictureOfAnotherSize_IsNamed()
    {
        string data = world.In("odd");
        foreach (string name in (string[])["dark", "light"])
        {
            Directory.CreateDirectory(Path.Combine(data, name));
            for (int i = 0; i < 4; i++)
            {
                NonLocal.Vision.Pictures.Png.Write(
                    Path.Combine(data, name, $"{i}.png"), new NonLocal.Vision.Pictures.Picture(i == 3 ? 30 : 32, 32, 3));
            }
        }

        CommandRun.Of("train", world.Recipe, "data.train=" + data, "data.test=" + data, "--output", world.In("odd-run"), "--json")
            .Refused("3.png: the picture has 30 x 32 pixels, expected 32 x 32");
        CommandRun fitted = Resized("fitted");
        Assert.Equal("", fitted.Error);
        string cache = world.In("cache");
        CommandRun cached = Resized("cached", "data.cache=" + cache);
        Assert.Equal("", cached.Error);
        Assert.Single(Directory.GetFiles(cache));
        Assert.Equal(Log("fitted"), Log("cached"));
        File.WriteAllBytes(Path.Combine(data, "dark", "2.png"), new byte[50]);
        Resized("bad", "data.cache=" + cache).Refused("1 pictures cannot be used, the first is");

        CommandRun Resized(string run, params string[] more) => CommandRun.Of(
        [
            "train", world.Recipe, "data.train=" + data, "data.test=" + data, "data.sizes=resize", .. more, "--output", world.In(run),
            "--json",
        ]);

        string[] Log(string run) =>
            [.. File.ReadAllLines(world.In($"{run}/log.csv")).Select(line => line[..line.LastIndexOf(',')])];
    }
}
