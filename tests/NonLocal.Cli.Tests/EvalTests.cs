using System.Globalization;
using System.Text.Json;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Tests;

public sealed class EvalTests(SmallWorld world) : IClassFixture<SmallWorld>
{
    [Fact]
    public void Eval_MoreThanABatch_CountsEverySampleOnceAndWritesItsOutputs()
    {
        string csv = world.In("logits.csv");
        CommandRun run = CommandRun.Of(
            "eval", "cifar-resnet20", "--weights", world.Weights, "--data", world.Data, "--logits", csv, "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("", run.Error);
        JsonElement result = run.Json();
        Assert.Equal(SmallWorld.Samples, result.GetProperty("samples").GetInt32());
        Assert.True(result.GetProperty("images_per_second").GetDouble() > 0);

        float[][] rows =
        [
            .. File.ReadLines(csv)
                .Select(line => Array.ConvertAll(line.Split(','), text => float.Parse(text, CultureInfo.InvariantCulture))),
        ];
        Assert.Equal(SmallWorld.Samples, rows.Length);
        int correct = rows.Index().Count(row => Array.IndexOf(row.Item, row.Item.Max()) == row.Index % 10);
        int five = rows.Index().Count(row => row.Item.OrderDescending().Take(5).Contains(row.Item[row.Index % 10]));
        Assert.Equal(correct, result.GetProperty("correct").GetInt32());
        Assert.Equal((double)correct / SmallWorld.Samples, result.GetProperty("top1").GetDouble(), 12);
        Assert.Equal((double)five / SmallWorld.Samples, result.GetProperty("top5").GetDouble(), 12);
        Assert.Equal(Alone(SmallWorld.Samples - 1), rows[^1], (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void Eval_OtherNormalisation_ChangesTheOutputs()
    {
        string[] common = ["eval", "cifar-resnet20", "--weights", world.Weights, "--data", world.Data, "--logits"];
        CommandRun.Of([.. common, world.In("a.csv")]);
        CommandRun run = CommandRun.Of([.. common, world.In("b.csv"), "--mean", "0.5,0.5,0.5", "--std", "0.25,0.25,0.25"]);
        Assert.Equal(0, run.ExitCode);
        Assert.NotEqual(File.ReadAllText(world.In("a.csv")), File.ReadAllText(world.In("b.csv")));
    }

    [Theory]
    [InlineData("cifar-reznet20", "Did you mean cifar-resnet20")]
    [InlineData("cifar-resnet32", "missing")]
    [InlineData("resnet18", "missing")]
    public void Eval_WrongModel_IsRefused(string model, string expected) =>
        CommandRun.Of("eval", model, "--weights", world.Weights, "--data", world.Data).Refused(expected);

    [Theory]
    [InlineData("--mean", "0.5,0.5", "3 numbers")]
    [InlineData("--mean", "0.5;0.5;0.5", "3 numbers")]
    [InlineData("--std", "0,1,1", "above 0")]
    [InlineData("--logits", "no_such_folder/logits.csv", "no_such_folder")]
    public void Eval_BadOption_IsRefused(string option, string value, string expected) =>
        CommandRun.Of("eval", "cifar-resnet20", "--weights", world.Weights, "--data", world.Data, option, value).Refused(expected);

    [Fact]
    public void Eval_BadFiles_AreRefused()
    {
        File.WriteAllBytes(world.In("short.bin"), new byte[100]);
        CommandRun.Of("eval", "cifar-resnet20", "--weights", world.Weights, "--data", world.In("short.bin")).Refused("short.bin");
        CommandRun.Of("eval", "cifar-resnet20", "--weights", world.Weights, "--data", world.In("none.bin")).Refused("none.bin");
        CommandRun.Of("eval", "cifar-resnet20", "--weights", world.Data, "--data", world.Data).Refused("data.bin");
        CommandRun.Of("eval", "cifar-resnet20", "--data", world.Data).Refused("--weights");
        CommandRun.Of("eval", "cifar-resnet20", "--weights", world.Weights).Refused("--data is missing");

        // The recipe in the weights that come with the program names its test data, which is not here.
        CommandRun.Of("eval", "cifar10-resnet20-nl").Refused("test_jpeg_5000.tar.gz: there is no such f");
    }

    private float[] Alone(int sample)
    {
        Classifier model = ModelRegistry.Create("cifar-resnet20");
        model.Initialize(7);
        CifarFile data = CifarFile.Read(world.Data);
        float[] pixels = new float[CifarFile.PictureBytes];
        PictureTransform.Normalize(data.Picture(sample), [.. model.Info.Mean], [.. model.Info.Deviation], pixels);
        return model.CompileForInference([1, 32, 32, 3]).Run(Tensor.From([1, 32, 32, 3], pixels))[0].Span.ToArray();
    }
}
