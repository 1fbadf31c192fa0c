using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

public class DoubleAttentionBlockTests
{
    [Theory]
    [InlineData("2x37x8", true, DistributionAxis.Descriptors)]
    [InlineData("1x1x8", true, DistributionAxis.Descriptors)]
    [InlineData("2x5x7x8", true, DistributionAxis.Descriptors)]
    [InlineData("2x5x7x8", true, DistributionAxis.Positions)]
    [InlineData("2x5x7x8", false, DistributionAxis.Descriptors)]
    [InlineData("1x2x3x5x8", true, DistributionAxis.Descriptors)]
    public void Forward_EveryForm_EqualsItsLiteralRouteWithGradients(string shape, bool reconstruct, DistributionAxis distribution)
    {
        DoubleAttentionOptions options = new() { Reconstruct = reconstruct, Residual = reconstruct, Distribution = distribution };
        BlockRun factored = new(BlockRun.Randomised(new DoubleAttentionBlock(8, options)), Shape.Parse(shape));
        options = options with { Route = Route.Literal };
        BlockRun literal = new(BlockRun.Randomised(new DoubleAttentionBlock(8, options)), Shape.Parse(shape));
        double[][] expected = literal.Interpreted();
        BlockRun.AssertAgree(expected, factored.Interpreted(), 1e-9);
        BlockRun.AssertAgree(expected, factored.Program(), 1e-4);
        BlockRun.AssertAgree(expected, literal.Program(), 1e-4);
    }

    [Fact]
    public void Forward_AtARandomPoint_GradientsAreDifferences() =>
        BlockGradients.AssertAreDifferences(BlockRun.Randomised(new DoubleAttentionBlock(8)), [2, 5, 8]);

    [Fact]
    public void Forward_FreshBlock_ReturnsItsInputBitForBit()
    {
        Random random = new(6);
        float[] content = [.. Enumerable.Range(0, 2 * 12 * 8).Select(_ => (float)(random.NextDouble() - 0.5))];
        Assert.Equal(content, OptionChecks.Run(new DoubleAttentionBlock(8), [2, 3, 4, 8], content));
        DoubleAttentionBlock other = new(8, new() { ZeroInitialised = false });
        Assert.NotEqual(content, OptionChecks.Run(other, [2, 3, 4, 8], content));
    }

    [Fact]
    public void Forward_PositionsPermuted_PermutesTheResult() =>
        Assert.InRange(Permutation.Distance(BlockRun.Randomised(new DoubleAttentionBlock(8)), [1, 7, 8]), 0, 1e-5);

    [Fact]
    public void Forward_MapRepeated_IsRepeatedInThePapersFormOnly()
    {
        foreach (DistributionAxis axis in Enum.GetValues<DistributionAxis>())
        {
            DoubleAttentionOptions options = DoubleAttentionOptions.Published(4, 3) with { Distribution = axis };
            DoubleAttentionBlock block = BlockRun.Randomised(new DoubleAttentionBlock(8, options), 1);
            Random random = new(3);
            float[] content = [.. Enumerable.Range(0, 5 * 8).Select(_ => (float)(random.NextDouble() - 0.5))];
            float[] once = OptionChecks.Run(block, [1, 5, 8], content);
            float[] twice = OptionChecks.Run(block, [1, 10, 8], [.. content, .. content]);
            double distance = once.Concat(once).Zip(twice, (a, b) => Math.Abs(a - b)).Max();
            Assert.Equal(axis == DistributionAxis.Descriptors, distance < 1e-5);
        }
    }

    [Fact]
    public void Forward_OneSampleOfABatch_DoesNotDependOnTheOthers()
    {
        DoubleAttentionBlock block = BlockRun.Randomised(new DoubleAttentionBlock(8));
        float[] content = [.. Enumerable.Range(0, 2 * 12 * 8).Select(i => MathF.Sin(i))];
        float[] together = OptionChecks.Run(block, [2, 3, 4, 8], content);
        float[] other = OptionChecks.Run(block, [2, 3, 4, 8], [.. content[..96], .. content[..96]]);
        Assert.Equal(together[..96], other[..96]);
        Assert.NotEqual(together[96..], other[96..]);
    }

    [Fact]
    public void Forward_EveryOption_ChangesTheResult()
    {
        DoubleAttentionOptions options = new();
        DoubleAttentionOptions[] others =
        [
            options,
            options with { InnerChannels = 3 },
            options with { Descriptors = 3 },
            options with { Residual = false },
            options with { Residual = false, Reconstruct = false },
            options with { Distribution = DistributionAxis.Positions },
        ];
        OptionChecks.AssertAllDiffer(others.Select(each => new DoubleAttentionBlock(8, each)), [2, 4, 5, 8]);
    }

    [Fact]
    public void Maps_OfThePapersForm_HaveRowsThatSumToOne()
    {
        DoubleAttentionBlock block = BlockRun.Randomised(new DoubleAttentionBlock(8, new() { Descriptors = 3 }), 1);
        Graph graph = new();
        Value x = graph.Input("x", [1, 3, 4, 8]);
        Program program = Program.Compile(graph, [block.GatheringMap(x), block.DistributionMap(x), block.AttentionMap(x)]);
        program.Run(Tensor.From(x.Shape, [.. Enumerable.Range(0, 96).Select(i => MathF.Cos(i))]));
        Assert.Equal([new Shape(1, 3, 12), new Shape(1, 12, 3), new Shape(1, 12, 12)], program.Outputs.Select(output => output.Shape));
        foreach (Tensor map in program.Outputs)
        {
            foreach (float[] row in map.Span.ToArray().Chunk(map.Shape.Last))
            {
                Assert.Equal(1, row.Sum(), 1e-5f);
                Assert.NotEqual(row[0], row[1]);
            }
        }
    }

    [Fact]
    public void AttentionRows_ChosenQueries_AreRowsOfTheMap()
    {
        DoubleAttentionBlock block = BlockRun.Randomised(new DoubleAttentionBlock(8));
        OptionChecks.AssertRowsAreOfTheMap(x => block.AttentionMap(x), x => block.AttentionRows(x, 7, 2), [2, 3, 4, 8], 7, 2);
    }

    [Fact]
    public void Variables_Published_HaveTheirNamesAndCount()
    {
        string[] names = ["convA", "convB", "convV", "conv_reconstruct"];
        Assert.Equal(
            names.SelectMany(name => (string[])[name + ".weight", name + ".bias"]),
            new DoubleAttentionBlock(8).Variables().Select(entry => entry.Name));
        DoubleAttentionBlock published = new(8, DoubleAttentionOptions.Published(4, 3, reconstruct: false));
        Assert.Equal(6, published.Variables().Count());
        Assert.Equal([3, 8, 1, 1], published.Variables().Single(entry => entry.Name == "convV.weight").PublishedShape);
        Assert.Equal(263_040, new DoubleAttentionBlock(512).Parameters().Sum(parameter => parameter.Shape.Count));
    }

    [Fact]
    public void Constructor_SizesThatCannotWork_AreRefused()
    {
        Assert.Contains(
            "cannot be added",
            Assert.Throws<ArgumentException>(() => new DoubleAttentionBlock(8, new() { Reconstruct = false })).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new DoubleAttentionBlock(8, new() { Descriptors = 0 }));
        Value x = new Graph().Input("x", [1, 3, 4, 5]);
        string message = Assert.Throws<ShapeException>(() => new DoubleAttentionBlock(8).Forward(x)).Message;
        Assert.Contains("double attention block", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Compile_FourTimesThePositions_TakesFourTimesTheArena(bool training)
    {
        long small = OptionChecks.ArenaBytes(new DoubleAttentionBlock(32), [1, 64, 64, 32], training);
        long large = OptionChecks.ArenaBytes(new DoubleAttentionBlock(32), [1, 128, 128, 32], training);
        Assert.InRange(large, 1, 4.3 * small);
        long literal = OptionChecks.ArenaBytes(new DoubleAttentionBlock(32, new() { Route = Route.Literal }), [1, 64, 64, 32], training);
        Assert.InRange(literal, 4L * 4096 * 4096, long.MaxValue);
    }
}
