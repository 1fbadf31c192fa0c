using NonLocal.Analysis;
using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tests.Attention;

namespace NonLocal.Tests.Analysis;

public class QueryDependenceTests
{
    private static readonly Shape Input = [1, 5, 6, 4];
    private const int Positions = 30;

    [Fact]
    public void Results_AtAllPositions_AreTheDefinitions()
    {
        NonLocalBlock block = BlockRun.Randomised(new NonLocalBlock(4));
        Sequential network = new(("first", new Conv(4, 4, [1, 1])), ("block", block), ("last", new Linear(4, 2)));
        QueryDependence found = Measure(network, Positions, Map(1));

        Graph graph = new();
        Value x = network.Children[0].Module is Layer first ? first.BuildForInference(graph.Input("x", Input)) : null!;
        Value z = block.BuildForInference(x);
        IReadOnlyList<Tensor> seen = Program.Compile(graph, [x, z - x, block.AttentionMap(x)]).Run(Tensor.From(Input, Map(1)));
        Assert.Same(block, found.Block);
        Assert.Equal((Positions, Positions), (found.Positions, found.Queries));
        AssertExact(PairDistances.CosineByDefinition(seen[0].Span, 4), found.Input);
        AssertExact(PairDistances.CosineByDefinition(seen[1].Span, 4), found.Output);
        AssertExact(PairDistances.CosineByDefinition(seen[2].Span, Positions), found.Maps);
        AssertExact(PairDistances.JensenShannonByDefinition(seen[2].Span, Positions), found.Divergence);
    }

    [Fact]
    public void Results_AtSomePositions_AreWithinTheirErrors()
    {
        NonLocalBlock block = BlockRun.Randomised(new NonLocalBlock(4));
        Sequential network = new(("block", block));
        QueryDependence all = Measure(network, Positions, Map(1));
        double[] misses = [.. Enumerable.Range(0, 40).Select(seed =>
        {
            QueryDependenceMeter meter = new(network, Input, 12, (ulong)seed);
            meter.Add(Map(1));
            QueryDependence some = meter.Results[0];
            Assert.Equal(12, some.Queries);
            Assert.Equal(all.Input, some.Input);
            return (some.Divergence!.Value.Mean - all.Divergence!.Value.Mean) / some.Divergence.Value.StandardError;
        })];

        // In units of the standard error: no bias, and a spread of about 1.
        Assert.Equal(0, misses.Average(), 0.6);
        Assert.InRange(Math.Sqrt(misses.Average(miss => miss * miss)), 0.5, 1.7);
    }

    [Fact]
    public void Results_OverPictures_AreTheirMeanAndItsError()
    {
        Sequential network = new(("block", BlockRun.Randomised(new NonLocalBlock(4))));
        double[] single = [.. Enumerable.Range(0, 3).Select(seed => Measure(network, Positions, Map(seed)).Maps!.Value.Mean)];
        Estimate both = Measure(network, Positions, Map(0), Map(1), Map(2)).Maps!.Value;
        double mean = single.Average();
        Assert.Equal(mean, both.Mean, 1e-12);
        Assert.Equal(Math.Sqrt(single.Sum(value => (value - mean) * (value - mean)) / 2 / 3), both.StandardError, 1e-12);
    }

    [Theory]
    [InlineData(Pairwise.DotProduct)]
    [InlineData(Pairwise.Concatenation)]
    public void Results_OfMapsThatAreNoDistributions_HaveNoDivergence(Pairwise pairwise)
    {
        QueryDependence found = Measure(new Sequential(("block", BlockRun.Randomised(new NonLocalBlock(4, pairwise)))), 8, Map(1));
        Assert.Null(found.Divergence);
        Assert.NotNull(found.Maps);
    }

    [Fact]
    public void Results_OfAFreshBlock_HaveNoOutput() =>
        Assert.Null(Measure(new Sequential(("block", new NonLocalBlock(4))), 8, Map(1)).Output);

    [Fact]
    public void Results_OfABlockThatReadsTheSameEverywhere_AreZero()
    {
        GlobalContextBlock block = BlockRun.Randomised(new GlobalContextBlock(4, new() { Width = 2 }));
        QueryDependence found = Measure(new Sequential(("block", block)), 8, Map(1));
        Assert.Equal(0, found.Maps!.Value.Mean, 1e-12);
        Assert.Equal(0, found.Divergence!.Value.Mean, 1e-12);
        Assert.Equal(0, found.Output!.Value.Mean, 1e-6);
        Assert.True(found.Input!.Value.Mean > 0.1);
    }

    [Fact]
    public void Results_OfAPictureOfOneColour_AreZero()
    {
        float[] map = [.. Enumerable.Range(0, Positions).SelectMany(_ => (float[])[0.5f, -1, 2, 0.1f])];
        QueryDependence found = Measure(new Sequential(("block", BlockRun.Randomised(new NonLocalBlock(4)))), 8, map);
        Assert.All(
            (Estimate?[])[found.Input, found.Output, found.Maps, found.Divergence],
            estimate => Assert.Equal(0, estimate!.Value.Mean, 1e-9));
    }

    [Fact]
    public void Results_OfABlockWithoutMaps_HaveInputAndOutputOnly()
    {
        QueryDependence found = Measure(new Sequential(("block", new SqueezeExcitationBlock(4, 2))), 8, Map(1));
        Assert.NotNull(found.Input);
        Assert.NotNull(found.Output);
        Assert.Null(found.Maps);
        Assert.Null(found.Divergence);
    }

    [Fact]
    public void Meter_WithoutABlockOrWithABatch_IsRefused()
    {
        Assert.Contains(
            "no attention block",
            Assert.Throws<ArgumentException>(() => new QueryDependenceMeter(new Linear(4, 4), Input)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "2x5x6x4",
            Assert.Throws<ArgumentException>(() => new QueryDependenceMeter(new NonLocalBlock(4), [2, 5, 6, 4])).Message,
            StringComparison.Ordinal);
    }

    private static QueryDependence Measure(Layer network, int queries, params float[][] maps)
    {
        QueryDependenceMeter meter = new(network, Input, queries);
        foreach (float[] map in maps)
        {
            meter.Add(map);
        }

        return Assert.Single(meter.Results);
    }

    private static void AssertExact(double expected, Estimate? found)
    {
        Assert.Equal(expected, found!.Value.Mean, 1e-6);
        Assert.Equal(0, found.Value.StandardError);
    }

    private static float[] Map(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, (int)Input.Count).Select(_ => (random.NextSingle() * 4) - 2)];
    }
}
