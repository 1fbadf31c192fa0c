using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using static NonLocal.Tests.Attention.BlockChecks;

namespace NonLocal.Tests.Attention;

public class DualAttentionTests
{
    [Theory]
    [InlineData("2x11x6")]
    [InlineData("2x5x4x6")]
    [InlineData("1x2x3x5x6")]
    [InlineData("2x1x1x6")]
    public void Forward_BothHalves_EqualTheirLiteralRoutesWithGradients(string text)
    {
        Shape shape = Shape.Parse(text);
        foreach (DualAttentionPreset preset in Enum.GetValues<DualAttentionPreset>())
        {
            Compare(route => new PositionAttention(6, 2, preset, route));
            foreach (ChannelSimilarity similarity in Enum.GetValues<ChannelSimilarity>())
            {
                Compare(route => new ChannelAttention(6, similarity, preset, route));
            }
        }

        void Compare(Func<Route, Layer> create)
        {
            double[][] expected = new BlockRun(BlockRun.Randomised(create(Route.Literal)), shape, spread: 0.5).Interpreted();
            BlockRun automatic = new(BlockRun.Randomised(create(Route.Automatic)), shape, spread: 0.5);
            BlockRun.AssertAgree(expected, automatic.Interpreted(), 1e-9);
            BlockRun.AssertAgree(expected, automatic.Program(), 1e-4);
        }
    }

    [Theory]
    [InlineData(ChannelSimilarity.Unlike, -1)]
    [InlineData(ChannelSimilarity.Alike, 1)]
    public void ChannelAttention_OneSignal_IsWhatTheFormulaSays(ChannelSimilarity similarity, int sign)
    {
        ChannelAttention block = new(3, similarity);
        block.Variables().Single().Variable.Set([0.5f]);
        Random random = new(3);
        double[] x = [.. Enumerable.Range(0, 12).Select(_ => random.NextDouble() - 0.5)];
        double[] z = Interpret(block, [1, 4, 3], x);
        for (int c = 0; c < 3; c++)
        {
            double[] weights = [.. Enumerable.Range(0, 3).Select(
                j => Math.Exp(sign * Enumerable.Range(0, 4).Sum(i => x[(i * 3) + c] * x[(i * 3) + j])))];
            for (int i = 0; i < 4; i++)
            {
                double read = Enumerable.Range(0, 3).Sum(j => weights[j] / weights.Sum() * x[(i * 3) + j]);
                Assert.Equal((0.5 * read) + x[(i * 3) + c], z[(i * 3) + c], 1e-9);
            }
        }
    }

    [Fact]
    public void ChannelAttention_LargeScores_StayFinite()
    {
        ChannelAttention block = BlockRun.Randomised(new ChannelAttention(6));
        float[] z = Run(block, [1, 100, 6], [.. Numbers(600).Select(number => number * 1000)]);
        Assert.All(z, number => Assert.True(float.IsFinite(number)));
    }

    [Fact]
    public void Forward_FreshBlocks_ReturnTheirInputBitForBit()
    {
        foreach (DualAttentionPreset preset in Enum.GetValues<DualAttentionPreset>())
        {
            Assert.True(IsIdentity(new PositionAttention(32, preset: preset), false));
            Assert.True(IsIdentity(new ChannelAttention(32, preset: preset), true));
        }

        Assert.False(IsIdentity(new DualMultiScaleAttention(32), false));
    }

    [Fact]
    public void Forward_PositionsPermuted_PermutesTheResult()
    {
        int[] order = [3, 0, 6, 1, 5, 2, 4];
        Layer[] blocks =
        [
            new PositionAttention(6, 2),
            new ChannelAttention(6),
            new DualMultiScaleAttention(6, new() { Groups = 1 }),
        ];
        foreach (Layer block in blocks)
        {
            BlockRun.Randomised(block);
            float[] x = Numbers(42);
            AssertNear(Permuted(Run(block, [1, 7, 6], x), order), Run(block, [1, 7, 6], Permuted(x, order)));
        }
    }

    [Fact]
    public void Forward_MapRepeated_RepeatsPositionAttentionButNotChannelAttention()
    {
        float[] x = Numbers(5 * 6);
        float[] twice = [.. x, .. x];
        Layer position = BlockRun.Randomised(new PositionAttention(6, 2));
        float[] y = Run(position, [1, 5, 6], x);
        AssertNear([.. y, .. y], Run(position, [1, 10, 6], twice));

        // Its scores are sums over positions, so they double.
        Layer channel = BlockRun.Randomised(new ChannelAttention(6));
        float[] z = Run(channel, [1, 5, 6], x);
        Assert.ThrowsAny<Exception>(() => AssertNear([.. z, .. z], Run(channel, [1, 10, 6], twice)));
    }

    [Fact]
    public void Forward_SampleInABatch_IsTheSameBitForBit()
    {
        foreach (Layer block in (Layer[])[new PositionAttention(16), new ChannelAttention(16), new DualMultiScaleAttention(16)])
        {
            BlockRun.Randomised(block);
            float[] x = Numbers(3 * 12 * 16);
            Assert.Equal(Run(block, [1, 3, 4, 16], x[192..384]), Run(block, [3, 3, 4, 16], x)[192..384]);
        }
    }

    [Fact]
    public void AttentionRows_ChosenReaders_AreRowsOfTheMapThatSumToOne()
    {
        PositionAttention position = BlockRun.Randomised(new PositionAttention(4, 2));
        ChannelAttention channel = new(4);
        DualMultiScaleAttention grouped = BlockRun.Randomised(new DualMultiScaleAttention(4, new() { Groups = 1 }));
        Graph graph = new();
        Value x = graph.Input("x", [1, 2, 2, 4]);
        Value[] maps = [position.AttentionMap(x), channel.AttentionMap(x), grouped.AttentionMap(x, 0)];
        Value[] rows = [position.AttentionRows(x, 3, 1), channel.AttentionRows(x, 3, 1), grouped.AttentionRows(x, 0, 3, 1)];
        Program program = Program.Compile(graph, [.. maps, .. rows]);
        program.Run(Tensor.From(x.Shape, Numbers(16)));
        for (int i = 0; i < maps.Length; i++)
        {
            float[] map = program.Outputs[i].Span.ToArray();
            Assert.Equal(4, map.Sum(), 1e-5f);
            AssertNear([.. map[12..], .. map[4..8]], program.Outputs[maps.Length + i].Span.ToArray());
        }
    }

    [Theory]
    [InlineData(DualAttentionPreset.DANet, "gamma query_conv.weight query_conv.bias key_conv.weight key_conv.bias value_conv.weight "
        + "value_conv.bias", "gamma", 1)]
    [InlineData(DualAttentionPreset.Mmsegmentation, "query_project.weight query_project.bias key_project.weight key_project.bias "
        + "value_project.weight value_project.bias gamma.scale", "gamma.scale", 0)]
    public void Variables_OfAPreset_HaveThePublishedNames(DualAttentionPreset preset, string position, string channel, int rank)
    {
        PositionAttention block = new(512, preset: preset);
        Assert.Equal(position.Split(' '), block.Variables().Select(entry => entry.Name));
        Assert.Equal(328_321, block.Parameters().Sum(parameter => parameter.Shape.Count));
        ModuleVariable gamma = new ChannelAttention(512, preset: preset).Variables().Single();
        Assert.Equal(channel, gamma.Name);
        Assert.Equal(rank, gamma.Variable.Shape.Rank);
    }

    [Fact]
    public void DualMultiScale_EveryOption_ChangesTheResult()
    {
        DualMultiScaleOptions small = new() { Groups = 2, DescriptorReduction = 2 };
        DualMultiScaleOptions[] options =
        [
            small,
            small with { Groups = 1 },
            small with { KeyReduction = 1 },
            small with { DescriptorReduction = null },
            small with { DescriptorReduction = 4 },
            small with { Shuffle = 1 },
            small with { Shuffle = 4 },
        ];
        double[][] results = [.. options.Select(
            each => new BlockRun(BlockRun.Randomised(new DualMultiScaleAttention(16, each)), [2, 3, 3, 16]).Program()[0])];
        for (int i = 0; i < results.Length; i++)
        {
            Assert.All(results[..i], other => Assert.True(
                BlockRun.RootMeanSquare([.. results[i].Zip(other, (a, b) => a - b)]) > 1e-5, $"result {i} is one before it."));
        }
    }

    [Theory]
    [InlineData("2x5x16")]
    [InlineData("1x3x4x16")]
    [InlineData("1x2x2x3x16")]
    public void DualMultiScale_Automatic_EqualsItsLiteralRouteWithGradients(string shape)
    {
        DualMultiScaleOptions options = new() { Groups = 2 };
        DualMultiScaleAttention literal = BlockRun.Randomised(new DualMultiScaleAttention(16, options with { Route = Route.Literal }));
        BlockRun automatic = new(BlockRun.Randomised(new DualMultiScaleAttention(16, options)), Shape.Parse(shape), spread: 0.5);
        double[][] expected = new BlockRun(literal, Shape.Parse(shape), spread: 0.5).Interpreted();
        BlockRun.AssertAgree(expected, automatic.Interpreted(), 1e-9);
        BlockRun.AssertAgree(expected, automatic.Program(), 1e-4);
    }

    [Fact]
    public void DualMultiScale_Fresh_WeighsGroupsAndShuffles()
    {
        DualMultiScaleAttention block = new(4, new() { Groups = 2, DescriptorReduction = null });
        float[] x = [1, 2, 3, 4, 1, 2, 3, 4];
        float[] y = Run(block, [1, 2, 4], x);

        // Means 1, 2 | 3, 4: the second group weighs e²/(1 + e²) in both channels; channels 0, 2, 1, 3 after the shuffle.
        float second = (float)(1 / (1 + Math.Exp(-2)));
        float[] expected = [1 - second, 3 * second, 2 * (1 - second), 4 * second];
        AssertNear([.. expected, .. expected], y);
    }

    [Fact]
    public void Constructor_WhatCannotWork_SaysWhat()
    {
        Assert.Contains("7 channels", Message(() => new PositionAttention(7)));
        Assert.Contains("divide by 8", Message(() => new DualMultiScaleAttention(12)));
        Assert.Contains("across 3", Message(() => new DualMultiScaleAttention(16, new() { Shuffle = 3 })));
        Value x = new Graph().Input("x", [1, 3, 4, 5]);
        Assert.Contains("channel attention", Assert.Throws<ShapeException>(() => new ChannelAttention(6).Forward(x)).Message);
    }

    private static string Message(Action action) => Assert.Throws<ArgumentException>(action).Message;
}
