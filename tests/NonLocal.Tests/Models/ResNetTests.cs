using NonLocal.Analysis;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;

namespace NonLocal.Tests.Models;

public class ResNetTests
{
    [Fact]
    public void BasicBlock_OptionA_TakesEverySecondPositionAndPutsChannelsInTheMiddle()
    {
        BasicBlock block = new(new ResidualBlockOptions(2, 4, Stride: 2, Shortcut: ShortcutKind.PaddedIdentity));
        Silence(block);
        Tensor x = Tensor.From([1, 3, 2, 2], [1, 2, -9, -9, -9, -9, -9, -9, 5, -6, -9, -9]);
        Assert.Equal([0f, 1, 2, 0, 0, 5, 0, 0], block.CompileForInference(x.Shape).Run(x)[0].Span.ToArray());
    }

    [Fact]
    public void Bottleneck_SameShape_AddsItsInputAndHasNoProjection()
    {
        Bottleneck block = new(new ResidualBlockOptions(4, 1, Dilation: 2));
        Assert.DoesNotContain(block.Variables(), entry => entry.Name.StartsWith("downsample", StringComparison.Ordinal));
        Silence(block);
        Tensor x = Tensor.From([1, 1, 1, 4], [1, -2, 3, 4]);
        Assert.Equal([1f, 0, 3, 4], block.CompileForInference(x.Shape).Run(x)[0].Span.ToArray());
    }

    [Fact]
    public void Forward_ImageNetStem_HalvesThePictureFiveTimes()
    {
        ResNet network = Tiny(new ResNetOptions { Blocks = [1, 1, 1, 1], Planes = [2, 4, 6, 8], StemChannels = 3, Classes = 5 });
        ModelSummary summary = ModelSummary.Of(network, [2, 64, 96, 3]);
        Assert.Equal(
            [new Shape(2, 16, 24, 2), new Shape(2, 8, 12, 4), new Shape(2, 4, 6, 6), new Shape(2, 2, 3, 8)],
            summary.Modules.Where(module => module.Kind == nameof(BasicBlock)).Select(module => module.Output));
        Assert.Equal(new Shape(2, 5), summary.Output);
    }

    [Fact]
    public void ZeroInitializeResidual_FreshNetwork_LastNormsAreZero()
    {
        ResNet network = Tiny(new ResNetOptions
        {
            Block = ResidualBlockKind.Bottleneck,
            Blocks = [2],
            Planes = [2],
            ZeroInitializeResidual = true,
        });
        network.Initialize(1);
        Assert.Equal(
            ["layer1.0.bn3.weight", "layer1.1.bn3.weight"],
            network.Variables()
                .Where(entry => entry.Name.EndsWith(".weight", StringComparison.Ordinal) && entry.Variable.Value.Span[0] == 0)
                .Select(entry => entry.Name));
    }

    [Fact]
    public void Constructor_ListsOfDifferentLengths_Throws() =>
        Assert.Contains(
            "2 stages",
            Assert.Throws<ArgumentException>(() => Tiny(new ResNetOptions { Blocks = [1, 1], Planes = [2] })).Message);

    private static ResNet Tiny(ResNetOptions options) =>
        new(options, new ModelInfo("tiny", 64, 64, ModelInfo.ImageNetMean, ModelInfo.ImageNetDeviation, []));

    // Convolutions of 0 leave the shortcut alone.
    private static void Silence(Module block)
    {
        foreach (Conv convolution in block.Tree().OfType<Conv>())
        {
            convolution.Weight.Set(new float[convolution.Weight.Shape.Count]);
        }
    }
}
