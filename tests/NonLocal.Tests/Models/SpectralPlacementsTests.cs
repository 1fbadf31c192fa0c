using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tests.Attention;

namespace NonLocal.Tests.Models;

public class SpectralPlacementsTests
{
    private static readonly ModelInfo Info = new("spectral", 16, 16, ModelInfo.ImageNetMean, ModelInfo.ImageNetDeviation, []);

    [Fact]
    public void ResNet50_WithSpectralBlock_HasThePublishedNamesAndCount()
    {
        Classifier network = ModelRegistry.Create("resnet50-snl");

        string[] names = [.. network.Variables().Select(entry => entry.Name)];
        string[] block =
        [
            "t.weight", "p.weight", "stages.0.g.weight", "stages.0.bn.weight", "stages.0.bn.bias", "stages.0.bn.running_mean",
            "stages.0.bn.running_var", "stages.0.bn.num_batches_tracked", "stages.0.w_1.weight", "stages.0.w_2.weight",
        ];
        Assert.Equal(
            block.Select(name => "layer3.5." + name).Order(),
            names.Where(name => name.StartsWith("layer3.5.", StringComparison.Ordinal)).Order());
        Assert.Contains("layer3.6.conv1.weight", names);
        Assert.Equal(25_557_032 + 2_623_488, network.Parameters().Sum(parameter => parameter.Shape.Count));
    }

    [Fact]
    public void Load_WeightsWithoutTheBlock_FitAndGiveTheSameBits()
    {
        ResNet plain = BlockRun.Randomised(Network([]));
        ResNet spectral = Network([SpectralPlacements.BeforeTheLastBlock([1, 1, 3])]);

        LoadReport report = StateDict.Load(spectral, StateDict.Save(plain), strict: false);

        Assert.Empty(report.Unexpected);
        Assert.All(report.Missing, name => Assert.StartsWith("layer3.2.", name, StringComparison.Ordinal));
        Assert.Equal(new BlockRun(plain, [1, 16, 16, 3]).Program()[0], new BlockRun(spectral, [1, 16, 16, 3]).Program()[0]);
    }

    private static ResNet Network(IReadOnlyList<AttentionPlacement> attention) => new(
        new ResNetOptions
        {
            Blocks = [1, 1, 3],
            Planes = [4, 6, 8],
            Stem = ResNetStem.Cifar,
            StemChannels = 4,
            Classes = 3,
            Attention = attention,
        },
        Info);
}
