using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors.Graphs;
using NonLocal.Testing;

namespace NonLocal.Tests.Models;

public class ModelRegistryTests
{
    // The lists are what PyTorch prints for torchvision's models and akamaster's checkpoint, one "name shape" a line.
    [Theory]
    [InlineData("resnet18")]
    [InlineData("resnet50")]
    public void Create_TorchvisionModel_HasItsStateDictInItsOrder(string name) =>
        Assert.Equal(File.ReadAllLines(Fixtures.Path("statedicts", $"{name}.txt")), Lines(ModelRegistry.Create(name)));

    [Fact]
    public void Create_CifarModel_HasAkamastersStateDictInItsOrder() =>
        Assert.Equal(
            File.ReadAllLines(Fixtures.Path("statedicts", "cifar-resnet20.txt")),
            Lines(ModelRegistry.Create("cifar-resnet20")).Where(line => !line.Contains("num_batches_tracked", StringComparison.Ordinal)));

    // Published counts: He et al. and akamaster's README for CIFAR, torchvision's documentation for ImageNet.
    [Theory]
    [InlineData("cifar-resnet20", 269_722)]
    [InlineData("cifar-resnet26", 366_938)] // no published count; between its neighbours, each stage being one block longer
    [InlineData("cifar-resnet32", 464_154)]
    [InlineData("cifar-resnet44", 658_586)]
    [InlineData("cifar-resnet56", 853_018)]
    [InlineData("cifar-resnet110", 1_727_962)]
    [InlineData("resnet18", 11_689_512)]
    [InlineData("resnet34", 21_797_672)]
    [InlineData("resnet50", 25_557_032)]
    [InlineData("resnet101", 44_549_160)]
    [InlineData("resnet152", 60_192_808)]
    public void Create_EveryModel_HasThePublishedNumberOfParameters(string name, long expected) =>
        Assert.Equal(expected, ModelRegistry.Create(name).Parameters().Sum(parameter => parameter.Shape.Count));

    [Fact]
    public void Entries_EveryModel_SayWhatItIsAndWhereItComesFrom() =>
        Assert.All(ModelRegistry.Entries.Values, entry =>
        {
            Assert.InRange(entry.Description.Length, 10, 80);
            Assert.NotEmpty(entry.Source);
        });

    [Fact]
    public void Create_UnknownName_SuggestsTheNearest() =>
        Assert.StartsWith(
            "There is no model 'reznet50'. Did you mean resnet50",
            Assert.Throws<ArgumentException>(() => ModelRegistry.Create("reznet50")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Create_OtherClasses_HasNoPublishedLabels()
    {
        Classifier model = ModelRegistry.Create("CIFAR-ResNet20", new ModelOptions { Classes = 7 });
        Assert.Equal("cifar-resnet20", model.Info.Name);
        Assert.Equal(new NonLocal.Tensors.Shape(2, 7), model.Forward(new Graph().Input("x", [2, 32, 32, 3])).Shape);
        Assert.Equal("3", model.Info.Label(3));
        Assert.Equal("cat", ModelRegistry.Create("cifar-resnet20").Info.Label(3));
    }

    [Fact]
    public void Create_LabelsAndClassesDiffer_Throws() =>
        Assert.Contains(
            "2 labels cannot name 3 classes",
            Assert.Throws<ArgumentException>(
                () => ModelRegistry.Create("resnet18", new ModelOptions { Classes = 3, Labels = ["a", "b"] })).Message);

    [Fact]
    public void Create_WithAttention_NamesItBetweenResidualBlocksThatKeepTheirNumbers()
    {
        AttentionPlacement[] attention =
        [
            new(2, channels => new Linear(channels, channels, bias: false), [0, 2]),
            new(3, channels => new Linear(channels, channels, bias: false)),
        ];
        List<string> lines = Lines(ModelRegistry.Create("cifar-resnet20", new ModelOptions { Attention = attention }));
        Assert.Contains("layer2.nl0.weight 32x32", lines);
        Assert.Contains("nl3.weight 64x64", lines);
        int added = lines.IndexOf("layer2.nl0.weight 32x32");
        Assert.StartsWith("layer2.0.", lines[added - 1], StringComparison.Ordinal);
        Assert.StartsWith("layer2.1.", lines[added + 1], StringComparison.Ordinal);
        Assert.Equal(
            Lines(ModelRegistry.Create("cifar-resnet20")), lines.Where(line => !line.Contains("nl", StringComparison.Ordinal)));
    }

    [Fact]
    public void Create_ThePapersBlocks_StandAfterEveryOtherResidualBlockOfTwoStages()
    {
        List<string> lines = Lines(ModelRegistry.Create("resnet50-nl5"));
        Assert.Equal(
            ["layer2.nl1", "layer2.nl3", "layer3.nl1", "layer3.nl3", "layer3.nl5"],
            lines.Where(line => line.Contains(".theta.weight", StringComparison.Ordinal)).Select(line => line[.."layer2.nl1".Length]));
        Assert.Contains("layer3.nl5.theta.weight 512x1024x1x1", lines);
        Assert.Equal(
            10, Lines(ModelRegistry.Create("resnet50-nl10")).Count(line => line.Contains(".theta.weight", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(1, 3)]
    public void Create_AttentionWhereNothingIs_Throws(int stage, int block) =>
        Assert.Contains(
            "attention was asked for",
            Assert.Throws<ArgumentException>(() => ModelRegistry.Create(
                "cifar-resnet20", new ModelOptions { Attention = [new(stage, channels => new BatchNorm(channels), [block])] })).Message);

    [Fact]
    public void Create_DilatedLikeTorchvision_KeepsTheMapLarge()
    {
        Classifier model = ModelRegistry.Create("resnet50", new ModelOptions { ReplaceStrideWithDilation = [false, true, true] });
        Conv[] convolutions = [.. model.Tree().OfType<Conv>().Where(conv => conv.Path.EndsWith("conv2", StringComparison.Ordinal))];
        Assert.Equal([1, 2, 2, 2, 2, 2], Dilations(convolutions, "layer3"));
        Assert.Equal([2, 4, 4], Dilations(convolutions, "layer4"));
        Assert.Equal(1, convolutions.Count(conv => conv.Geometry.Stride[0] == 2));
    }

    private static IEnumerable<int> Dilations(Conv[] convolutions, string stage) => convolutions
        .Where(conv => conv.Path.StartsWith(stage, StringComparison.Ordinal))
        .Select(conv => conv.Geometry.Dilation[0]);

    private static List<string> Lines(Module model) => [.. model.Variables().Select(entry => $"{entry.Name} {entry.PublishedShape}")];
}
