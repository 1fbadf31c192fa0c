using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tests.Attention;

namespace NonLocal.Tests.Models;

public class AttentionInsideBlocksTests
{
    [Fact]
    public void ResNet50_WithGlobalContextEverywhere_HasThePublishedNamesAndCount()
    {
        Classifier network = ModelRegistry.Create("resnet50-gc");
        string[] masks =
        [
            .. network.Variables().Select(entry => entry.Name)
                .Where(name => name.EndsWith("context_block.conv_mask.weight", StringComparison.Ordinal)),
        ];
        Assert.Equal(13, masks.Length);
        Assert.Equal("layer2.0.context_block.conv_mask.weight", masks[0]);
        Assert.Equal(25_557_032 + 2_521_741, network.Parameters().Sum(parameter => parameter.Shape.Count));
    }

    [Theory]
    [InlineData(AttentionPosition.AfterFirstConvolution, 4)]
    [InlineData(AttentionPosition.AfterSecondConvolution, 4)]
    [InlineData(AttentionPosition.BeforeSum, 16)]
    [InlineData(AttentionPosition.AfterSum, 16)]
    public void Bottleneck_WithAttentionAtAPosition_HasItsChannelsAndChangesOnlyWhenItDoes(AttentionPosition position, int channels)
    {
        AttentionPlacement placement = new(
            1, width => new GlobalContextBlock(width, new() { Width = 2 }), Name: "context_block", Position: position);
        Bottleneck bare = BlockRun.Randomised(new Bottleneck(new(16, 4)));
        Bottleneck block = new(new(16, 4, Attention: [placement]));
        Assert.Equal(channels, block.Variables().Single(entry => entry.Name == "context_block.conv_mask.weight").Variable.Shape.Count);
        Dictionary<string, ModuleVariable> from = bare.Variables().ToDictionary(entry => entry.Name);
        foreach (ModuleVariable entry in block.Variables().Where(entry => from.ContainsKey(entry.Name)))
        {
            entry.Variable.Set(from[entry.Name].Variable.Value.Span.ToArray());
        }

        double[] expected = new BlockRun(bare, [2, 3, 3, 16]).Program()[0];
        Assert.Equal(expected, new BlockRun(block, [2, 3, 3, 16]).Program()[0]);
        ModuleVariable last = block.Variables().Single(entry => entry.Name == "context_block.channel_add_conv.3.bias");
        last.Variable.Set([.. Enumerable.Range(1, channels).Select(number => (float)number)]);
        Assert.NotEqual(expected, new BlockRun(block, [2, 3, 3, 16]).Program()[0]);
    }

    [Fact]
    public void Bottleneck_EveryPosition_IsAnotherFunction()
    {
        List<double[]> results = [];
        foreach (AttentionPosition position in Enum.GetValues<AttentionPosition>()[1..])
        {
            AttentionPlacement placement = new(1, _ => new Function(x => x * 2), Position: position);
            Bottleneck block = BlockRun.Randomised(new Bottleneck(new(16, 4, Attention: [placement])));
            results.Add(new BlockRun(block, [2, 3, 3, 16]).Program()[0]);
            Assert.All(results[..^1], other => Assert.NotEqual(other, results[^1]));
        }
    }

    /// <summary>Where the convolutions give 0, only what is after the sum sees the shortcut.</summary>
    [Theory]
    [InlineData(AttentionPosition.AfterFirstConvolution, 1)]
    [InlineData(AttentionPosition.AfterSecondConvolution, 1)]
    [InlineData(AttentionPosition.BeforeSum, 1)]
    [InlineData(AttentionPosition.AfterSum, 2)]
    public void Bottleneck_OfSilentConvolutions_DoublesOnlyAfterTheSum(AttentionPosition position, float factor)
    {
        AttentionPlacement placement = new(1, _ => new Function(x => x * 2), Position: position);
        Bottleneck block = new(new(16, 4, Attention: [placement]));
        foreach (Conv convolution in block.Tree().OfType<Conv>())
        {
            convolution.Weight.Set(new float[convolution.Weight.Shape.Count]);
        }

        float[] x = BlockChecks.Numbers(9 * 16);
        Assert.Equal(x.Select(number => factor * Math.Max(0, number)), BlockChecks.Run(block, [1, 3, 3, 16], x));
    }

    [Fact]
    public void Network_WithChosenBlocks_HasAttentionInThemAlone()
    {
        ResNetOptions options = new()
        {
            Blocks = [2, 3],
            Planes = [16, 16],
            Attention =
            [
                new(2, width => new SqueezeExcitationBlock(width), [0, 2], "se", AttentionPosition.BeforeSum),
                new(2, width => new NonLocalBlock(width), [1]),
            ],
        };
        ResNet network = new(options, new ModelInfo("small", 8, 8, [], [], []));
        Assert.Equal(
            ["layer2.0.se.fc.0.weight", "layer2.2.se.fc.0.weight"],
            network.Variables().Select(entry => entry.Name).Where(name => name.EndsWith("se.fc.0.weight", StringComparison.Ordinal)));
        Assert.Contains(network.Variables(), entry => entry.Name == "layer2.nl1.theta.weight");
    }

    [Fact]
    public void BasicBlock_AfterTheSecondConvolution_IsRefused() => Assert.Contains(
        "basic block",
        Assert.Throws<ArgumentException>(() => new BasicBlock(new(4, 4, Attention:
            [new(1, width => new ChannelAttention(width), Position: AttentionPosition.AfterSecondConvolution)]))).Message);
}
