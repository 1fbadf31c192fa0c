using System.Text.Json;
using NonLocal.Models;
using NonLocal.Testing;

namespace NonLocal.Cli.Tests;

public sealed class PredictTests(SmallWorld world) : IClassFixture<SmallWorld>
{
    [Fact]
    public void Predict_Jpeg_IsRead()
    {
        string picture = Fixtures.Path("jpeg", Fixtures.Names("*.jpg", "jpeg").First());
        CommandRun run = CommandRun.Of("predict", "cifar-resnet20", picture, "--weights", world.Weights, "--json");
        Assert.Equal("", run.Error);
        Assert.Equal(picture, run.Json()[0].GetProperty("file").GetString());
    }

    [Fact]
    public void Predict_APicture_GivesLabelsByFallingProbability()
    {
        CommandRun run = CommandRun.Of("predict", "cifar-resnet20", "--weights", world.Weights, world.Picture, "--top", "10", "--json");
        Assert.Equal(0, run.ExitCode);
        JsonElement row = Assert.Single(run.Json().EnumerateArray());
        Assert.Equal(world.Picture, row.GetProperty("file").GetString());
        JsonElement[] top = [.. row.GetProperty("top").EnumerateArray()];
        Assert.Equal(ModelInfo.CifarLabels.Order(), top.Select(guess => guess.GetProperty("label").GetString()!).Order());
        double[] probabilities = [.. top.Select(guess => guess.GetProperty("probability").GetDouble())];
        Assert.Equal(probabilities.OrderDescending(), probabilities);
        Assert.Equal(1, probabilities.Sum(), 9);
    }

    [Fact]
    public void Predict_TwoPictures_AreTwoRowsOfAsManyClassesAsAskedFor()
    {
        CommandRun run = CommandRun.Of(
            "predict", "cifar-resnet20", world.Picture, world.Picture, "--weights", world.Weights, "--top", "3", "--json");
        Assert.Equal([3, 3], run.Json().EnumerateArray().Select(row => row.GetProperty("top").GetArrayLength()));
    }

    [Fact]
    public void Predict_WithoutJson_NamesTheLikeliestClass()
    {
        CommandRun run = CommandRun.Of("predict", "cifar-resnet20", "--weights", world.Weights, world.Picture, "--top", "1");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains(ModelInfo.CifarLabels, label => run.Output.Contains(label, StringComparison.Ordinal));
    }

    [Fact]
    public void Predict_WithoutAModel_UsesTheWeightsThatComeWithTheProgram()
    {
        CommandRun plain = CommandRun.Of("predict", world.Picture, "--json");
        Assert.Equal("", plain.Error);
        Assert.Equal(plain.Output, CommandRun.Of("predict", "cifar10-resnet20-nl", world.Picture, "--json").Output);
        Assert.Contains(ModelInfo.CifarLabels, label => plain.Output.Contains(label, StringComparison.Ordinal));
    }

    [Fact]
    public void Predict_AWordThatIsNeitherModelNorPicture_IsRefused()
    {
        CommandRun.Of("predict", "cifar-reznet20", world.Picture).Refused("Did you mean cifar-resnet20");
        CommandRun.Of("predict", "cifar-resnet20", world.Picture).Refused("--weights");
        CommandRun.Of("predict", "cifar-resnet20", "--weights", world.Weights).Refused("No picture is named");
        CommandRun.Of("predict", world.Weights, world.Picture).Refused("does not say what model it holds");
        CommandRun.Of("predict", "--weights", world.Weights, world.Picture).Refused("does not say what model it holds");
    }

    [Fact]
    public void Predict_BadPicture_IsRefused()
    {
        File.WriteAllBytes(world.In("cut.png"), File.ReadAllBytes(world.Picture)[..^50]);
        CommandRun.Of("predict", "cifar-resnet20", "--weights", world.Weights, world.In("cut.png")).Refused("cut.png");
        CommandRun.Of("predict", "cifar-resnet20", "--weights", world.Weights, world.In("none.png")).Refused("none.png");
        CommandRun.Of("predict", "cifar-resnet20", "--weights", world.Weights, world.Picture, "--top", "0").Refused("--top");
    }
}
