using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

public class SpectralNonLocalBlockTests
{
    public static TheoryData<SpectralKind, string> Cases
    {
        get
        {
            TheoryData<SpectralKind, string> cases = [];
            foreach (SpectralKind kind in Enum.GetValues<SpectralKind>())
            {
                foreach (string shape in (string[])["2x37x6", "1x2x6", "2x5x7x6", "1x2x3x5x6"])
                {
                    cases.Add(kind, shape);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_EveryKind_EqualsItsLiteralRouteWithGradients(SpectralKind kind, string shape)
    {
        SpectralOptions options = new() { Kind = kind, Units = 2 };
        AssertRoutesAgree(options, Shape.Parse(shape));
    }

    [Theory]
    [InlineData(FilterBasis.Chebyshev, false)]
    [InlineData(FilterBasis.Chebyshev, true)]
    [InlineData(FilterBasis.Powers, false)]
    public void Forward_FourTerms_EqualsItsLiteralRouteWithGradients(FilterBasis basis, bool subtracts) =>
        AssertRoutesAgree(new SpectralOptions { Terms = 4, Basis = basis, SubtractsNeighbours = subtracts }, [2, 4, 9, 6]);

    [Fact]
    public void Forward_TrainingAtARandomPoint_GradientsAreDifferences()
    {
        SpectralNonLocalBlock block = BlockRun.Randomised(new SpectralNonLocalBlock(4, new() { InnerChannels = 2 }));
        block.Train();
        BlockGradients.AssertAreDifferences(block, [2, 5, 4]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Forward_NormsThatStartAtZero_ReturnsItsInputBitForBit(bool training)
    {
        foreach (SpectralKind kind in Enum.GetValues<SpectralKind>())
        {
            float[] content = Random(2 * 12 * 8, 6);
            SpectralNonLocalBlock block = new(8, new() { Kind = kind, Units = 2, ZeroInitialised = true });
            block.Training = training;
            Assert.Equal(content, Run(block, [2, 3, 4, 8], content));
            SpectralNonLocalBlock other = new(8, new() { Kind = kind });
            Assert.NotEqual(content, Run(other, [2, 3, 4, 8], content));
        }
    }

    [Fact]
    public void Forward_PositionsPermuted_PermutesTheResult()
    {
        foreach (SpectralKind kind in Enum.GetValues<SpectralKind>())
        {
            SpectralNonLocalBlock block = BlockRun.Randomised(new SpectralNonLocalBlock(6, new() { Kind = kind }));
            Assert.InRange(Permutation.Distance(block, [1, 7, 6]), 0, 1e-5);
        }
    }

    [Fact]
    public void Forward_OneSampleOfABatch_DoesNotDependOnTheOthers()
    {
        SpectralNonLocalBlock block = BlockRun.Randomised(new SpectralNonLocalBlock(8));
        float[] content = Random(2 * 12 * 8, 3);
        float[] together = Run(block, [2, 3, 4, 8], content);
        float[] other = Run(block, [2, 3, 4, 8], [.. content[..96], .. Random(96, 9)]);
        Assert.Equal(together[..96], other[..96]);
        Assert.NotEqual(together[96..], other[96..]);
    }

    [Fact]
    public void Forward_EveryOption_ChangesTheResult()
    {
        SpectralOptions options = new();
        SpectralOptions[] others =
        [
            options,
            .. Enum.GetValues<SpectralKind>().Skip(1).Select(kind => options with { Kind = kind }),
            options with { InnerChannels = 5 },
            options with { Units = 2 },
            options with { Terms = 3 },
            options with { Terms = 3, Basis = FilterBasis.Powers },
            options with { SubtractsNeighbours = true },
            options with { Activation = false },
        ];
        OptionChecks.AssertAllDiffer(others.Select(each => new SpectralNonLocalBlock(6, each)), [2, 4, 5, 6]);
    }

    [Fact]
    public void Forward_OtherSign_IsTheSameWithTheSecondWeightsNegated()
    {
        SpectralNonLocalBlock adds = BlockRun.Randomised(new SpectralNonLocalBlock(6));
        SpectralNonLocalBlock subtracts = BlockRun.Randomised(new SpectralNonLocalBlock(6, new() { SubtractsNeighbours = true }));
        float[] content = Random(42, 5);
        float[] expected = Run(adds, [1, 7, 6], content);
        Assert.NotEqual(expected, Run(subtracts, [1, 7, 6], content));
        Variable weight = subtracts.Variables().Single(entry => entry.Name == "stages.0.w_2.weight").Variable;
        weight.Set([.. weight.Value.Span.ToArray().Select(number => -number)]);
        float[] negated = Run(subtracts, [1, 7, 6], content);
        Assert.All(expected.Zip(negated), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Theory]
    [InlineData(Route.Automatic)]
    [InlineData(Route.Literal)]
    public void Forward_PositionsThatNobodyReads_StayFiniteWithTheirGradients(Route route)
    {
        SpectralNonLocalBlock block = BlockRun.Randomised(new SpectralNonLocalBlock(4, new() { Route = route }));
        Graph graph = new();
        Value x = graph.Input("x", [1, 5, 4]);
        Value y = block.Forward(x);
        Value cotangent = graph.Input("cotangent", y.Shape);
        Value?[] gradients = Differentiation.Gradients([y], [cotangent], [x, .. block.Parameters().Select(graph.Read)]);
        Program program = Program.Compile(graph, [block.AttentionMap(x), y, .. gradients.OfType<Value>()]);
        float[] content = Random(20, 2);
        content.AsSpan(8, 4).Clear();
        program.Run(Tensor.From(x.Shape, content), Tensor.From(y.Shape, Random(20, 3)));
        Assert.All(program.Outputs, output => Assert.All(output.Span.ToArray(), number => Assert.True(float.IsFinite(number))));
        Assert.Equal(new float[5], program.Outputs[0].Span.Slice(10, 5).ToArray());
        Assert.NotEqual(new float[5], program.Outputs[0].Span[..5].ToArray());
    }

    [Fact]
    public void AttentionMap_Spectral_IsSymmetricWithEigenvaluesUpToOne()
    {
        SpectralNonLocalBlock block = BlockRun.Randomised(new SpectralNonLocalBlock(6));
        Graph graph = new();
        Value x = graph.Input("x", [1, 3, 4, 6]);
        Value map = block.AttentionMap(x);
        Program program = Program.Compile(graph, [map, map - map.Transpose(), Power(map, 60)]);
        program.Run(Tensor.From(x.Shape, Random(72, 4)));
        Assert.All(program.Outputs[1].Span.ToArray(), difference => Assert.Equal(0, difference, 1e-6f));
        Assert.InRange(Enumerable.Range(0, 12).Sum(i => program.Outputs[2].Span[(i * 12) + i]), 0.99f, 1.5f);
        Assert.NotInRange(program.Outputs[0].Span[..12].ToArray().Sum(), 0.99f, 1.01f);
    }

    [Fact]
    public void AttentionRows_ChosenQueries_AreRowsOfTheMap()
    {
        foreach (SpectralKind kind in Enum.GetValues<SpectralKind>())
        {
            SpectralNonLocalBlock block = BlockRun.Randomised(new SpectralNonLocalBlock(6, new() { Kind = kind }));
            OptionChecks.AssertRowsAreOfTheMap(x => block.AttentionMap(x), x => block.AttentionRows(x, 7, 2), [2, 3, 4, 6], 7, 2);
        }
    }

    [Theory]
    [InlineData(SpectralKind.Spectral, "w_1.weight w_2.weight")]
    [InlineData(SpectralKind.NonLocalStage, "w_2.weight")]
    [InlineData(SpectralKind.Disentangled, "w_m.weight w_2.weight")]
    public void Variables_OfAKind_HaveThePublishedNames(SpectralKind kind, string names)
    {
        SpectralNonLocalBlock block = new(8, new() { Kind = kind, Units = 2, ZeroInitialised = true });
        names = "g.weight bn.weight bn.bias bn.running_mean bn.running_var bn.num_batches_tracked " + names;
        string[] unit = names.Split(' ');
        string[] units = [.. unit.Select(name => "stages.0." + name), .. unit.Select(name => "stages.1." + name)];
        Assert.Equal(["t.weight", "p.weight", .. units], block.Variables().Select(entry => entry.Name));
        Assert.Equal([4, 8, 1, 1], block.Variables().First().PublishedShape);
        Assert.Equal([4, 8, 1], new SpectralNonLocalBlock(8, new() { Dimensions = 1 }).Variables().First().PublishedShape);
    }

    [Theory]
    [InlineData(512, 656_384)]
    [InlineData(1024, 2_623_488)]
    public void Parameters_OfOneUnit_AreAsManyAsPublished(int channels, long expected) =>
        Assert.Equal(expected, new SpectralNonLocalBlock(channels).Parameters().Sum(parameter => parameter.Shape.Count));

    [Fact]
    public void Constructor_OptionsThatTheKindDoesNotHave_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new SpectralNonLocalBlock(8, new() { Kind = SpectralKind.NonLocal, Terms = 3 }));
        Assert.Throws<ArgumentException>(() => new SpectralUnit(8, new() { Kind = SpectralKind.NonLocal, SubtractsNeighbours = true }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralNonLocalBlock(8, new() { Terms = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SpectralNonLocalBlock(8, new() { Units = 0 }));
        Value x = new Graph().Input("x", [1, 3, 4, 5]);
        string message = Assert.Throws<ShapeException>(() => new SpectralNonLocalBlock(6).Forward(x)).Message;
        Assert.Contains("spectral non-local block", message, StringComparison.Ordinal);
        Assert.Contains("1x3x4x5", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Compile_FourTimesThePositions_TakesFourTimesTheArena(bool training)
    {
        long small = OptionChecks.ArenaBytes(new SpectralNonLocalBlock(32), [1, 64, 64, 32], training);
        long large = OptionChecks.ArenaBytes(new SpectralNonLocalBlock(32), [1, 128, 128, 32], training);
        Assert.InRange(large, 1, 4.3 * small);
        long literal = OptionChecks.ArenaBytes(new SpectralNonLocalBlock(32, new() { Route = Route.Literal }), [1, 64, 64, 32], training);
        Assert.InRange(literal, 4L * 4096 * 4096, long.MaxValue);
    }

    private static Value Power(Value map, int exponent) =>
        Enumerable.Range(1, exponent - 1).Aggregate(map, (power, _) => power.MatMul(map));

    private static void AssertRoutesAgree(SpectralOptions options, Shape shape)
    {
        BlockRun thin = new(BlockRun.Randomised(new SpectralNonLocalBlock(6, options)), shape);
        BlockRun literal = new(BlockRun.Randomised(new SpectralNonLocalBlock(6, options with { Route = Route.Literal })), shape);
        double[][] expected = literal.Interpreted();
        BlockRun.AssertAgree(expected, thin.Interpreted(), 1e-9);
        BlockRun.AssertAgree(expected, thin.Program(), 1e-4);
        BlockRun.AssertAgree(expected, literal.Program(), 1e-4);
    }

    private static float[] Random(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
    }

    private static float[] Run(Layer block, Shape shape, float[] content) => OptionChecks.Run(block, shape, content);
}
