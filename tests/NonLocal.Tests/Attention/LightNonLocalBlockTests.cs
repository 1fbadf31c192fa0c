using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

public class LightNonLocalBlockTests
{
    [Theory]
    [InlineData("2x37x8", 1, 0.25)]
    [InlineData("2x37x8", 3, 1)]
    [InlineData("1x1x1x8", 2, 0.5)]
    [InlineData("2x3x2x8", 1, 1)]
    [InlineData("2x7x9x8", 2, 0.5)]
    [InlineData("1x3x5x4x8", 2, 0.25)]
    public void Forward_EveryShape_EqualsItsLiteralRouteWithGradients(string shape, int stride, double ratio)
    {
        Shape map = Shape.Parse(shape);
        LightNonLocalOptions options = new() { Stride = stride, Ratio = ratio, Dimensions = map.Rank - 2 };
        BlockRun cheap = new(BlockRun.Randomised(new LightNonLocalBlock(8, options)), map);
        BlockRun literal = new(BlockRun.Randomised(new LightNonLocalBlock(8, options with { Route = Route.Literal })), map);
        double[][] expected = literal.Interpreted();
        BlockRun.AssertAgree(expected, cheap.Interpreted(), 1e-9);
        BlockRun.AssertAgree(expected, cheap.Program(), 1e-4);
        BlockRun.AssertAgree(expected, literal.Program(), 1e-4);
    }

    [Fact]
    public void Forward_TrainingAtARandomPoint_GradientsAreDifferences()
    {
        LightNonLocalBlock block = BlockRun.Randomised(new LightNonLocalBlock(4, new() { Stride = 2 }));
        block.Train();
        BlockGradients.AssertAreDifferences(block, [2, 3, 5, 4]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Forward_FreshBlock_ReturnsItsInputBitForBit(bool training)
    {
        float[] content = [.. Enumerable.Range(0, 2 * 12 * 8).Select(i => MathF.Sin(i + 1))];
        LightNonLocalBlock block = new(8) { Training = training };
        Assert.Equal(content, OptionChecks.Run(block, [2, 3, 4, 8], content));
        LightNonLocalBlock other = new(8, new() { ZeroInitialised = false });
        Assert.NotEqual(content, OptionChecks.Run(other, [2, 3, 4, 8], content));
    }

    // The 3×3 convolution knows where neighbours are: the opposite of what blocks without one must do.
    [Fact]
    public void Forward_PositionsPermuted_IsAnotherResult() =>
        Assert.NotInRange(Permutation.Distance(BlockRun.Randomised(new LightNonLocalBlock(8)), [1, 3, 4, 8]), 0, 1e-3);

    [Fact]
    public void Forward_EveryOption_ChangesTheResult()
    {
        LightNonLocalOptions options = new();
        LightNonLocalOptions[] others =
        [
            options,
            options with { Ratio = 0.5 },
            options with { Stride = 2 },
            LightNonLocalOptions.MobilenetSeries,
            options with { NormEpsilon = 0.1 },
        ];
        OptionChecks.AssertAllDiffer(others.Select(each => new LightNonLocalBlock(8, each)), [2, 4, 5, 8]);
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.3)]
    public void Forward_Training_MovesTheStatisticsByTheMomentum(double momentum)
    {
        LightNonLocalBlock block = new(8, new() { NormMomentum = momentum });
        block.Train();
        Graph graph = new();
        block.Forward(graph.Input("x", [2, 3, 4, 8]));
        Variable variance = block.Variables().Single(entry => entry.Name == "bn.running_var").Variable;
        Tensor x = new([2, 3, 4, 8]);
        NonLocal.Tensors.Compile.Program.Compile(graph, [graph.Assignments[variance]]).Run(x);
        Assert.Equal(1 - momentum, variance.Value.Span[0], 1e-6);
    }

    [Fact]
    public void AttentionMap_StridedKeys_IsDividedByAllPositions()
    {
        foreach (LightDivisor divisor in Enum.GetValues<LightDivisor>())
        {
            LightNonLocalBlock block = new(4, new() { Stride = 2, Ratio = 0.5, Divisor = divisor });
            Graph graph = new();
            Value x = graph.Input("x", [1, 3, 5, 4]);
            Value map = block.AttentionMap(x);
            Assert.Equal([1, 15, 6], map.Shape);
            float[] content = [.. Enumerable.Range(0, 60).Select(i => MathF.Sin(i))];
            float[] weights = NonLocal.Tensors.Compile.Program.Compile(graph, [map]).Run(Tensor.From(x.Shape, content))[0].Span.ToArray();

            // Position 7 reads key 4, which is row 2, column 2: position 12. Two channels of four are compared.
            float product = (content[28] * content[48]) + (content[29] * content[49]);
            Assert.Equal(divisor == LightDivisor.Positions ? product / 15 : product / 3 * 5, weights[(7 * 6) + 4], 1e-5f);
        }
    }

    [Fact]
    public void AttentionRows_ChosenQueries_AreRowsOfTheMap()
    {
        LightNonLocalBlock block = new(8, new() { Stride = 2 });
        OptionChecks.AssertRowsAreOfTheMap(x => block.AttentionMap(x), x => block.AttentionRows(x, 7, 2), [2, 3, 4, 8], 7, 2);
    }

    [Fact]
    public void Variables_Block_HaveThePortsNamesAndAreFew()
    {
        LightNonLocalBlock block = new(512);
        Assert.Equal(
            ["depthwise_conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "bn.num_batches_tracked"],
            block.Variables().Select(entry => entry.Name));
        Assert.Equal([512, 1, 3, 3], block.Variables().First().PublishedShape);
        Assert.Equal(5_632, block.Parameters().Sum(parameter => parameter.Shape.Count));
    }

    [Fact]
    public void Constructor_SizesThatCannotWork_AreRefused()
    {
        foreach (double ratio in (double[])[0.05, 0, -1, 1.5, double.NaN])
        {
            string message = Assert.Throws<ArgumentException>(() => new LightNonLocalBlock(8, new() { Ratio = ratio })).Message;
            Assert.Contains("8 channels", message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => new LightNonLocalBlock(8, LightNonLocalOptions.MobilenetSeries with { Dimensions = 1 }));
        Value x = new Graph().Input("x", [1, 12, 8]);
        string shape = Assert.Throws<ShapeException>(() => new LightNonLocalBlock(8).Forward(x)).Message;
        Assert.Contains("2 spatial axes", shape, StringComparison.Ordinal);
        Assert.Contains("1x12x8", shape, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Compile_FourTimesThePositions_TakesFourTimesTheArena(bool training)
    {
        long small = OptionChecks.ArenaBytes(new LightNonLocalBlock(32), [1, 64, 64, 32], training);
        long large = OptionChecks.ArenaBytes(new LightNonLocalBlock(32), [1, 128, 128, 32], training);
        Assert.InRange(large, 1, 4.3 * small);
        long literal = OptionChecks.ArenaBytes(new LightNonLocalBlock(32, new() { Route = Route.Literal }), [1, 64, 64, 32], training);
        Assert.InRange(literal, 4L * 4096 * 4096, long.MaxValue);
    }
}
