using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

public class InterlacedAttentionTests
{
    private static readonly InterlacedOptions Small = new() { Partition = [2, 3], KeyChannels = 4 };

    /// <summary>With 8 value channels, values and W are one convolution; with 2 they are two.</summary>
    [Theory]
    [InlineData("2x11x6", "3", 8, false)]
    [InlineData("2x5x7x6", "2x3", 8, false)]
    [InlineData("2x5x7x6", "2x3", 2, true)]
    [InlineData("2x4x6x6", "2x3", 8, true)]
    [InlineData("1x3x4x5x6", "2", 8, false)]
    public void Forward_Streamed_EqualsLiteralRouteWithGradients(string shape, string partition, int valueChannels, bool training)
    {
        InterlacedOptions options = Small with { Partition = Shape.Parse(partition), ValueChannels = valueChannels };
        BlockRun streamed = new(Randomised(6, options, training), Shape.Parse(shape));
        BlockRun literal = new(Randomised(6, options with { Route = Route.Literal }, training), Shape.Parse(shape));
        double[][] expected = literal.Interpreted();
        BlockRun.AssertAgree(expected, streamed.Interpreted(), 1e-9);
        BlockRun.AssertAgree(expected, streamed.Program(), 2e-4);
    }

    [Theory]
    [InlineData(InterlacedPreset.OpenSeg)]
    [InlineData(InterlacedPreset.MmSegmentation)]
    public void GroupAttention_Streamed_EqualsLiteralRouteWithGradients(InterlacedPreset preset)
    {
        double[][] expected = new BlockRun(Group(preset, Route.Literal), [3, 8, 6]).Interpreted();
        BlockRun.AssertAgree(expected, new BlockRun(Group(preset, Route.Automatic), [3, 8, 6]).Interpreted(), 1e-9);

        static GroupAttention Group(InterlacedPreset preset, Route route) =>
            BlockRun.Randomised(new GroupAttention(6, 4, 7, 5, preset, route: route));
    }

    [Fact]
    public void Forward_BothPasses_ReadEveryPositionButOneOrderAloneDoesNot()
    {
        Shape shape = [1, 4, 6, 6];
        Assert.DoesNotContain(false, BlockInput.Reaches(Randomised(6, Small), shape, 9));
        double[][] maps = BlockInput.Interpret(
            shape, BlockInput.Random(shape), x => Randomised(6, Small).ForwardWithMaps(x).Maps);
        Assert.Equal(24 * 4, maps[0].Length);
        Assert.Equal(24 * 6, maps[1].Length);
    }

    [Fact]
    public void Forward_MapThatBlocksDoNotFill_EqualsTheCentredMapOfFullBlocksWithoutItsBorder()
    {
        InterlacedAttention block = Randomised(6, new InterlacedOptions { Partition = [4], KeyChannels = 3 });
        float[] content = BlockInput.Random([1, 5, 7, 6]);
        float[] y = BlockInput.Run(block, [1, 5, 7, 6], content);
        Assert.Equal(y, Cropped(BlockInput.Run(block, [1, 8, 8, 6], Padded(content, 1, 0)), 1, 0));

        // One place further up, other positions meet.
        Assert.True(BlockInput.Distance(y, Cropped(BlockInput.Run(block, [1, 8, 8, 6], Padded(content, 2, 0)), 2, 0)) > 1e-3);

        static float[] Padded(float[] map, int top, int left)
        {
            float[] padded = new float[8 * 8 * 6];
            for (int row = 0; row < 5; row++)
            {
                map.AsSpan(row * 42, 42).CopyTo(padded.AsSpan(((((row + top) * 8) + left) * 6), 42));
            }

            return padded;
        }

        static float[] Cropped(float[] map, int top, int left) =>
            [.. Enumerable.Range(0, 5).SelectMany(row => map.Skip((((row + top) * 8) + left) * 6).Take(42))];
    }

    [Fact]
    public void Forward_PositionsPermutedWithinBlocks_PermutesTheResultButOtherPermutationsDoNot()
    {
        InterlacedAttention block = Randomised(6, new InterlacedOptions { Partition = [2], KeyChannels = 4 });
        Shape shape = [1, 6, 6];
        float[] content = BlockInput.Random(shape);
        float[] y = BlockInput.Run(block, shape, content);
        int[] blocks = [4, 5, 0, 1, 2, 3];
        int[] any = [1, 5, 0, 3, 2, 4];
        BlockInput.AssertClose(BlockInput.Permuted(y, 6, blocks), BlockInput.Run(block, shape, BlockInput.Permuted(content, 6, blocks)));
        Assert.True(BlockInput.Distance(
            BlockInput.Permuted(y, 6, any), BlockInput.Run(block, shape, BlockInput.Permuted(content, 6, any))) > 1e-3);
    }

    [Fact]
    public void AttentionRows_ChosenQueries_CoverTheMapAndMissWhatTheBorderGets()
    {
        InterlacedAttention block = Randomised(6, Small);
        double[] full = BlockInput.Interpret([1, 4, 6, 6], BlockInput.Random([1, 4, 6, 6]), x => [block.AttentionRows(x, 23, 0)])[0];
        Assert.All(full.Chunk(24), row => Assert.Equal(1, row.Sum(), 1e-12));
        Assert.DoesNotContain(0, full);
        double[] padded = BlockInput.Interpret([1, 5, 7, 6], BlockInput.Random([1, 5, 7, 6]), x => [block.AttentionRows(x, 34)])[0];
        Assert.Equal(35, padded.Length);
        Assert.InRange(padded.Sum(), 0.1, 0.999);
        Value map = new Graph().Input("x", [1, 4, 6, 6]);
        Assert.Throws<ArgumentOutOfRangeException>(() => block.AttentionRows(map, 24));
    }

    /// <summary>A position's row is the product of its short-range row with the long-range rows of its block.</summary>
    [Fact]
    public void AttentionRows_OfASignal_AreTheProductOfBothPasses()
    {
        InterlacedAttention block = Randomised(6, new InterlacedOptions { Partition = [2], KeyChannels = 4 });
        double[][] found = BlockInput.Interpret(
            [1, 6, 6], BlockInput.Random([1, 6, 6]), x => [.. block.ForwardWithMaps(x).Maps, block.AttentionRows(x, 3)]);
        for (int position = 0; position < 6; position++)
        {
            double near = found[1][(1 * 4) + (1 * 2) + (position % 2)];
            double far = found[0][(position % 2 * 9) + (1 * 3) + (position / 2)];
            Assert.Equal(near * far, found[2][position], 1e-12);
        }
    }

    [Fact]
    public void Forward_EveryOption_ChangesTheResult()
    {
        BlockInput.AssertAllDiffer(
            [1, 5, 7, 6],
            Randomised(6, Small),
            Randomised(6, Small with { Partition = [3, 2] }),
            Randomised(6, Small with { KeyChannels = 5 }),
            Randomised(6, Small with { ValueChannels = 5 }),
            Randomised(6, Small with { OutputChannels = 5 }));
        BlockInput.AssertAllDiffer(
            [1, 5, 7, 6],
            BlockRun.Randomised(new InterlacedModule(6, Small)),
            BlockRun.Randomised(new InterlacedModule(6, Small, [[2, 3], [2, 3]])),
            Randomised(6, Small));
    }

    [Fact]
    public void Variables_OfBlockAndModule_HavePublishedNamesAndCount()
    {
        string[] names = [.. new InterlacedAttention(6).Variables().Select(entry => entry.Name)];
        Assert.Equal("long_range_sa.f_key.0.weight", names[0]);
        Assert.Contains("short_range_sa.f_query.3.0.running_var", names);
        Assert.Contains("short_range_sa.W.1.0.bias", names);
        Assert.DoesNotContain("long_range_sa.f_value.bias", names);
        InterlacedModule module = new(512);
        Assert.Equal(2_366_464, module.Parameters().Sum(parameter => parameter.Shape.Count));
        Assert.Contains("conv_bn.1.0.weight", module.Variables().Select(entry => entry.Name));
        Assert.Contains("up_conv.0.weight", new InterlacedModule(6, null, [[2], [3]]).Variables().Select(entry => entry.Name));
    }

    [Fact]
    public void Compile_FourTimesThePositions_TakesFourTimesTheMemory()
    {
        InterlacedModule block = new(64);
        Assert.InRange(BlockInput.Arena(block, 128, 64), 0, 4.3 * BlockInput.Arena(block, 64, 64));
    }

    [Fact]
    public void Forward_PartitionOfOtherAxes_IsRefusedWithBoth()
    {
        Value x = new Graph().Input("x", [1, 3, 4, 5, 6]);
        string message = Assert.Throws<ShapeException>(() => new InterlacedAttention(6, Small).Forward(x)).Message;
        Assert.Contains("2x3", message);
        Assert.Contains("1x3x4x5x6", message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new InterlacedAttention(6, new InterlacedOptions { Partition = [0] }));
        Value narrow = new Graph().Input("x", [1, 4, 5]);
        Assert.Contains("1x4x5", Assert.Throws<ShapeException>(() => new InterlacedAttention(6).Forward(narrow)).Message);
    }

    private static InterlacedAttention Randomised(int channels, InterlacedOptions options, bool training = false)
    {
        InterlacedAttention block = BlockRun.Randomised(new InterlacedAttention(channels, options));
        if (training)
        {
            block.Train();
        }

        return block;
    }
}
