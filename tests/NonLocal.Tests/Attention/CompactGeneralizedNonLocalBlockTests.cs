using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

public class CompactGeneralizedNonLocalBlockTests
{
    // At most 64 positions of 4 channels: the literal route has a matrix of 256×256.
    [Theory]
    [InlineData("2x37x8", 1, null)]
    [InlineData("2x5x7x8", 2, null)]
    [InlineData("2x5x7x8", 2, 0)]
    [InlineData("2x8x8x8", 1, 2)]
    [InlineData("1x2x3x5x8", 4, 3)]
    public void Forward_EveryKernel_EqualsItsLiteralRouteWithGradients(string shape, int groups, int? order)
    {
        CompactGeneralizedOptions options = new() { Groups = groups, TaylorOrder = order };
        BlockRun factored = new(BlockRun.Randomised(new CompactGeneralizedNonLocalBlock(8, options)), Shape.Parse(shape));
        options = options with { Route = Route.Literal };
        BlockRun literal = new(BlockRun.Randomised(new CompactGeneralizedNonLocalBlock(8, options)), Shape.Parse(shape));
        double[][] expected = literal.Interpreted();
        BlockRun.AssertAgree(expected, factored.Interpreted(), 1e-9);
        BlockRun.AssertAgree(expected, factored.Program(), 1e-4);
        BlockRun.AssertAgree(expected, literal.Program(), 1e-4);
    }

    [Fact]
    public void Forward_FreshBlock_ReturnsItsInputBitForBit()
    {
        float[] content = [.. Enumerable.Range(0, 2 * 12 * 8).Select(i => MathF.Sin(i + 1))];
        Assert.Equal(content, OptionChecks.Run(new CompactGeneralizedNonLocalBlock(8), [2, 3, 4, 8], content));
        CompactGeneralizedNonLocalBlock other = new(8, new() { ZeroInitialised = false });
        Assert.NotEqual(content, OptionChecks.Run(other, [2, 3, 4, 8], content));
    }

    [Fact]
    public void Forward_PositionsPermuted_PermutesTheResult() =>
        Assert.InRange(Permutation.Distance(BlockRun.Randomised(new CompactGeneralizedNonLocalBlock(8)), [1, 7, 8]), 0, 1e-5);

    [Fact]
    public void Forward_EveryOption_ChangesTheResult()
    {
        CompactGeneralizedOptions options = new();
        CompactGeneralizedOptions[] others =
        [
            options,
            options with { InnerChannels = 8 },
            options with { Groups = 2 },
            options with { Groups = 2, TaylorOrder = 1 },
        ];
        OptionChecks.AssertAllDiffer(others.Select(each => new CompactGeneralizedNonLocalBlock(8, each)), [2, 4, 5, 8]);
    }

    [Fact]
    public void AttentionRows_OfAGroup_AreProductsOfPairs()
    {
        CompactGeneralizedNonLocalBlock block = BlockRun.Randomised(new CompactGeneralizedNonLocalBlock(8, new() { Groups = 2 }));
        Value x = new Graph().Input("x", [2, 3, 4, 8]);
        Assert.Equal([2, 2, 24], block.AttentionRows(x, 1, 23, 0).Shape);
        Assert.Throws<ArgumentOutOfRangeException>(() => block.AttentionRows(x, 2, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.AttentionRows(x, 0, 24));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(2)]
    public void AttentionRows_OfOnePosition_AreWhatTheFormulaSays(int? order)
    {
        CompactGeneralizedNonLocalBlock block = new(2, new() { InnerChannels = 2, Groups = 1, TaylorOrder = order });
        foreach (ModuleVariable entry in block.Variables().Take(2))
        {
            entry.Variable.Set([1, 0, 0, 1]);
        }

        Graph graph = new();
        Value x = graph.Input("x", [1, 1, 1, 2]);
        Interpreter<double> interpreter = new(graph);
        interpreter.Feed(x, [30, -20]);
        Value row = block.AttentionRows(x, 0, 0);
        interpreter.Run(row);
        double[] products = [900, -600];
        double[] expected = [.. products.Select(
            product => order is null ? product : Math.Exp(-2e-4) * (1 + (2e-4 * product) + (2e-4 * 2e-4 * product * product / 2)))];
        Assert.All(expected.Zip(interpreter[row].ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    [Fact]
    public void Variables_Block_HaveThePublishedNames()
    {
        CompactGeneralizedNonLocalBlock block = new(64);
        Assert.Equal(
            ["t.weight", "p.weight", "g.weight", "z.weight", "gn.weight", "gn.bias"], block.Variables().Select(entry => entry.Name));
        Assert.Equal([64, 4, 1, 1], block.Variables().Single(entry => entry.Name == "z.weight").PublishedShape);
    }

    [Fact]
    public void Constructor_GroupsThatDoNotDivide_AreRefused() =>
        Assert.Throws<ShapeException>(() => new CompactGeneralizedNonLocalBlock(8, new() { Groups = 3 }));

    [Fact]
    public void Forward_LiteralRouteOfALargeMap_IsRefused()
    {
        Value x = new Graph().Input("x", [1, 64, 64, 64]);
        CompactGeneralizedNonLocalBlock block = new(64, new() { Groups = 1, Route = Route.Literal });
        Assert.Contains("131072 pairs", Assert.Throws<ShapeException>(() => block.Forward(x)).Message, StringComparison.Ordinal);
        Assert.Equal(x.Shape, new CompactGeneralizedNonLocalBlock(64, new() { Groups = 1 }).Forward(x).Shape);
    }
}
