using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

public class CrissCrossAttentionTests
{
    [Theory]
    [InlineData("2x11x6", 1, true)]
    [InlineData("2x5x4x6", 1, true)]
    [InlineData("2x5x4x6", 2, true)]
    [InlineData("1x2x3x5x6", 2, true)]
    [InlineData("1x2x3x5x6", 1, false)]
    public void Forward_Streamed_EqualsLiteralRouteWithGradients(string shape, int recurrence, bool ownOnce)
    {
        CrissCrossOptions options = new() { Recurrence = recurrence, OwnOnce = ownOnce, Reduction = 2 };
        BlockRun streamed = new(Randomised(6, options), Shape.Parse(shape), spread: 0.5);
        BlockRun literal = new(Randomised(6, options with { Route = Route.Literal }), Shape.Parse(shape), spread: 0.5);
        double[][] expected = literal.Interpreted();
        BlockRun.AssertAgree(expected, streamed.Interpreted(), 1e-9);
        BlockRun.AssertAgree(expected, streamed.Program(), 1e-4);
    }

    [Fact]
    public void Forward_OnePass_ReadsExactlyTheCross()
    {
        bool[] reached = BlockInput.Reaches(Randomised(6, new CrissCrossOptions()), [1, 5, 4, 6], (2 * 4) + 1);
        Assert.Equal([.. Enumerable.Range(0, 20).Select(i => i / 4 == 2 || i % 4 == 1)], reached);
    }

    [Theory]
    [InlineData("1x5x4x6", 2)]
    [InlineData("1x2x3x4x6", 3)]
    public void Forward_AsManyPassesAsAxes_ReadsEveryPositionAndFewerDoNot(string shape, int axes)
    {
        Assert.DoesNotContain(false, BlockInput.Reaches(Randomised(6, new CrissCrossOptions { Recurrence = axes }), Shape.Parse(shape), 0));
        Assert.Contains(false, BlockInput.Reaches(Randomised(6, new CrissCrossOptions { Recurrence = axes - 1 }), Shape.Parse(shape), 0));
    }

    [Fact]
    public void AttentionMaps_EveryPass_SumToOneAndSkipThePositionItselfInItsColumn()
    {
        CrissCrossAttention block = Randomised(6, new CrissCrossOptions { Recurrence = 2 });
        Shape shape = [1, 3, 4, 6];
        double[][] maps = BlockInput.Interpret(shape, BlockInput.Random(shape), block.AttentionMaps);
        Assert.Equal(2, maps.Length);
        foreach (double[] map in maps)
        {
            for (int position = 0; position < 12; position++)
            {
                Assert.Equal(1, map.Skip(position * 7).Take(7).Sum(), 1e-12);
                Assert.Equal(0, map[(position * 7) + (position / 4)]);
                Assert.NotEqual(0, map[(position * 7) + 3 + (position % 4)]);
            }
        }
    }

    [Theory]
    [InlineData("1x2x3x2x6", true)]
    [InlineData("1x2x3x2x6", false)]
    [InlineData("2x3x4x6", true)]
    public void AttentionRows_ChosenQueries_AreTheLastMapOverAllPositions(string text, bool ownOnce)
    {
        Shape shape = Shape.Parse(text);
        CrissCrossAttention block = Randomised(6, new CrissCrossOptions { Recurrence = 2, OwnOnce = ownOnce });
        double[][] found = BlockInput.Interpret(
            shape, BlockInput.Random(shape), x => [block.AttentionMaps(x)[^1], block.AttentionRows(x, 7, 2)]);
        int count = (int)shape[1..^1].Count;
        int width = shape[1..^1].Sum();
        foreach ((int query, int place) in ((int, int)[])[(7, 0), (2, 1)])
        {
            double[] expected = new double[count];
            for (int axis = 1, at = query * width; axis < shape.Rank - 1; axis++)
            {
                int step = (int)shape[(axis + 1)..^1].Count;
                for (int i = 0; i < shape[axis]; i++, at++)
                {
                    expected[query + ((i - (query / step % shape[axis])) * step)] += found[0][at];
                }
            }

            for (int i = 0; i < count; i++)
            {
                Assert.Equal(expected[i], found[1][(place * count) + i], 1e-9);
            }
        }
    }

    [Fact]
    public void Forward_RowsAndColumnsPermuted_PermutesTheResultButOtherPermutationsDoNot()
    {
        CrissCrossAttention block = Randomised(6, new CrissCrossOptions());
        Shape shape = [1, 3, 4, 6];
        float[] content = BlockInput.Random(shape);
        int[] lines = [.. new[] { 2, 0, 1 }.SelectMany(row => new[] { 1, 3, 0, 2 }.Select(column => (row * 4) + column))];
        int[] any = [5, 0, 7, 1, 11, 3, 2, 9, 4, 6, 10, 8];
        float[] y = BlockInput.Run(block, shape, content);
        BlockInput.AssertClose(BlockInput.Permuted(y, 6, lines), BlockInput.Run(block, shape, BlockInput.Permuted(content, 6, lines)));
        Assert.True(BlockInput.Distance(
            BlockInput.Permuted(y, 6, any), BlockInput.Run(block, shape, BlockInput.Permuted(content, 6, any))) > 1e-3);
    }

    [Theory]
    [InlineData(CrissCrossPreset.CCNet, true)]
    [InlineData(CrissCrossPreset.Mmcv, false)]
    public void Forward_FreshBlock_ReturnsItsInputBitForBit(CrissCrossPreset preset, bool training)
    {
        CrissCrossAttention block = new(8, new CrissCrossOptions { Preset = preset, Recurrence = 2 }) { Training = training };
        block.Initialize(7);
        float[] content = BlockInput.Random([2, 3, 4, 8]);
        Assert.Equal(content, BlockInput.Run(block, [2, 3, 4, 8], content));
        Assert.NotEqual(content, BlockInput.Run(Randomised(8, block.Options), [2, 3, 4, 8], content));
    }

    [Fact]
    public void Forward_AnotherSampleInTheBatch_ChangesNoBit()
    {
        CrissCrossAttention block = Randomised(6, new CrissCrossOptions());
        float[] content = BlockInput.Random([2, 5, 4, 6]);
        float[] both = BlockInput.Run(block, [2, 5, 4, 6], content);
        float[] other = BlockInput.Run(block, [2, 5, 4, 6], [.. content[..120], .. new float[120]]);
        Assert.Equal(both[..120], other[..120]);
        Assert.NotEqual(both[120..], other[120..]);
    }

    [Fact]
    public void Forward_EveryOption_ChangesTheResult() => BlockInput.AssertAllDiffer(
        [1, 2, 3, 4, 6],
        Randomised(6, new CrissCrossOptions()),
        Randomised(6, new CrissCrossOptions { Reduction = 2 }),
        Randomised(6, new CrissCrossOptions { Recurrence = 2 }),
        Randomised(6, new CrissCrossOptions { OwnOnce = false }));

    [Theory]
    [InlineData(CrissCrossPreset.CCNet, "gamma")]
    [InlineData(CrissCrossPreset.Mmcv, "gamma.scale")]
    public void Variables_OfAPreset_HavePublishedNamesAndCount(CrissCrossPreset preset, string gamma)
    {
        CrissCrossAttention block = new(512, new CrissCrossOptions { Preset = preset, Dimensions = 3 });
        string names = "query_conv.weight query_conv.bias key_conv.weight key_conv.bias value_conv.weight value_conv.bias";
        Assert.Equal([.. names.Split(' '), gamma], block.Variables().Select(entry => entry.Name).OrderBy(name => name == gamma));
        Assert.Equal(328_321, block.Parameters().Sum(parameter => parameter.Shape.Count));
        Assert.Equal([64, 512, 1, 1, 1], block.Variables().Single(entry => entry.Name == "key_conv.weight").PublishedShape);
    }

    [Fact]
    public void Load_TheOtherPresetsFile_FindsGamma()
    {
        CrissCrossAttention mmcv = Randomised(8, new CrissCrossOptions { Preset = CrissCrossPreset.Mmcv });
        CrissCrossAttention ccnet = Randomised(8, new CrissCrossOptions());
        float expected = mmcv.Variables().Single(entry => entry.Name == "gamma.scale").Variable.Value.Span[0];
        Assert.True(StateDict.Load(ccnet, StateDict.Save(mmcv)).IsComplete);
        Assert.Equal(expected, ccnet.Variables().Single(entry => entry.Name == "gamma").Variable.Value.Span[0]);
        Assert.True(StateDict.Load(mmcv, StateDict.Save(ccnet)).IsComplete);
    }

    [Fact]
    public void Compile_FourTimesThePositions_TakesFourTimesTheMemory()
    {
        CrissCrossAttention block = new(64);
        Assert.InRange(BlockInput.Arena(block, 128, 64), 0, 4.3 * BlockInput.Arena(block, 64, 64));
    }

    [Fact]
    public void Forward_WrongChannels_NamesTheBlockAndTheShape()
    {
        Value x = new Graph().Input("x", [1, 3, 4, 5]);
        Assert.Contains("criss-cross", Assert.Throws<ShapeException>(() => new CrissCrossAttention(6).Forward(x)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new CrissCrossAttention(6, recurrence: 0));
    }

    private static CrissCrossAttention Randomised(int channels, CrissCrossOptions options) =>
        BlockRun.Randomised(new CrissCrossAttention(channels, options));
}
