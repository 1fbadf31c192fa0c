using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

public class AsymmetricAttentionTests
{
    private static readonly AsymmetricOptions Small = new() { KeyChannels = 4, ValueChannels = 3, Levels = [1, 2], Dropout = 0 };

    /// <summary>With 5 cells what follows is applied to the cells; with 110 it is computed as written.</summary>
    [Theory]
    [InlineData("2x9x6", 1, "1 2", AsymmetricPreset.Ann, true)]
    [InlineData("2x5x4x6", 1, "1 2", AsymmetricPreset.Ann, false)]
    [InlineData("2x5x4x6", 2, "1 2", AsymmetricPreset.Ann, true)]
    [InlineData("2x5x4x6", 2, "1 2", AsymmetricPreset.Ann, false)]
    [InlineData("2x5x4x6", 2, "1 2", AsymmetricPreset.MmSegmentation, false)]
    [InlineData("2x5x4x6", 1, "1 3 6 8", AsymmetricPreset.Ann, false)]
    [InlineData("1x2x3x4x6", 1, "2", AsymmetricPreset.Ann, false)]
    public void Forward_Cheapest_EqualsLiteralRouteWithGradients(
        string shape, int stages, string levels, AsymmetricPreset preset, bool training)
    {
        AsymmetricOptions options = Small with
        {
            Stages = stages,
            Preset = preset,
            Levels = [.. levels.Split(' ').Select(level => int.Parse(level, System.Globalization.CultureInfo.InvariantCulture))],
        };
        BlockRun cheapest = new(Randomised(options, training), Shape.Parse(shape));
        double[][] expected = new BlockRun(Randomised(options with { Route = Route.Literal }, training), Shape.Parse(shape)).Interpreted();
        BlockRun.AssertAgree(expected, cheapest.Interpreted(), 1e-9);
        BlockRun.AssertAgree(expected, cheapest.Program(), 2e-4);
    }

    [Theory]
    [InlineData("1 2", false)]
    [InlineData("1 2", true)]
    [InlineData("1 3 6 8", false)]
    public void Fusion_Cheapest_EqualsLiteralRoute(string levels, bool training)
    {
        AsymmetricOptions options = Small with
        {
            Levels = [.. levels.Split(' ').Select(level => int.Parse(level, System.Globalization.CultureInfo.InvariantCulture))],
        };
        double[] expected = Fused(options with { Route = Route.Literal }, training);
        double[] actual = Fused(options, training);
        Assert.Equal(5 * 4 * 6, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    /// <summary>Cells as many as positions are the positions: then all orders are alike, as in a full non-local block.</summary>
    [Fact]
    public void Forward_LevelOfTheMapsOwnSize_IsFullAttentionAndSmallerLevelsAreNot()
    {
        Shape shape = [1, 4, 4, 6];
        float[] content = BlockInput.Random(shape);
        int[] order = [.. Enumerable.Range(0, 16).Select(i => i * 7 % 16)];
        Assert.InRange(Difference([4]), 0, 1e-5);
        Assert.True(Difference([2]) > 1e-3);

        double Difference(int[] levels)
        {
            AsymmetricPyramid block = Randomised(Small with { Levels = levels });
            float[] permuted = BlockInput.Run(block, shape, BlockInput.Permuted(content, 6, order));
            return BlockInput.Distance(BlockInput.Permuted(BlockInput.Run(block, shape, content), 6, order), permuted);
        }
    }

    [Fact]
    public void AttentionRows_ChosenQueries_AreRowsOfTheMapThatSumToOne()
    {
        AsymmetricPyramid block = Randomised(Small);
        double[][] found = BlockInput.Interpret(
            [2, 5, 4, 6], BlockInput.Random([2, 5, 4, 6]), x => [block.ForwardWithMaps(x).Maps[0], block.AttentionRows(x, 19, 3)]);
        Assert.Equal(2 * 20 * 5, found[0].Length);
        Assert.All(found[0].Chunk(5), row => Assert.Equal(1, row.Sum(), 1e-12));
        Assert.Equal(found[0][(19 * 5)..(20 * 5)], found[1][..5]);
        Assert.Equal(found[0][((20 + 3) * 5)..((20 + 4) * 5)], found[1][15..20]);
    }

    [Fact]
    public void Run_InTraining_MovesTheSharedStatisticsTwiceAndSeparateOnesOnce()
    {
        AsymmetricPyramid pyramid = new(6, Small) { Training = true };
        pyramid.Train();
        BlockInput.Run(pyramid, [1, 5, 4, 6], BlockInput.Random([1, 5, 4, 6]));
        Assert.Equal(2, Counter(pyramid, "stages.0.f_key.1.0.num_batches_tracked"));
        Assert.Equal(1, Counter(pyramid, "conv_bn_dropout.1.0.num_batches_tracked"));
        AsymmetricFusion fusion = new(6, 6, Small);
        fusion.Train();
        Graph graph = new();
        Value x = graph.Input("x", [1, 5, 4, 6]);
        Program.Compile(graph, [fusion.Forward(x, x)]).Run(Tensor.From(x.Shape, BlockInput.Random(x.Shape)));
        Assert.Equal(1, Counter(fusion, "stages.0.f_key.1.0.num_batches_tracked"));
        Assert.Equal(1, Counter(fusion, "stages.0.f_query.1.0.num_batches_tracked"));

        static float Counter(Module module, string name) =>
            module.Variables().Single(entry => entry.Name == name).Variable.Value.Span[0];
    }

    [Fact]
    public void Forward_FreshBlock_FindsNothing()
    {
        AsymmetricPyramid block = new(6, Small);
        block.Initialize(1);
        Shape shape = [1, 5, 4, 6];
        float[] content = BlockInput.Random(shape);
        float[] y = BlockInput.Run(block, shape, content);
        Set("stages.0.f_value.weight");
        Assert.Equal(y, BlockInput.Run(block, shape, content));
        Set("stages.0.W.weight");
        Assert.NotEqual(y, BlockInput.Run(block, shape, content));

        void Set(string name)
        {
            Variable variable = block.Variables().Single(entry => entry.Name == name).Variable;
            variable.Set(BlockInput.Random(variable.Shape, 8));
        }
    }

    [Fact]
    public void Forward_EveryOption_ChangesTheResult()
    {
        BlockInput.AssertAllDiffer(
            [1, 5, 4, 6],
            Randomised(Small),
            Randomised(Small with { KeyChannels = 5 }),
            Randomised(Small with { ValueChannels = 5 }),
            Randomised(Small with { OutputChannels = 5 }),
            Randomised(Small with { Levels = [1, 3] }),
            Randomised(Small with { Stages = 2 }),
            Randomised(Small with { Norm = new ConvModuleNorm(Epsilon: 0.1) }),
            Randomised(Small with { Preset = AsymmetricPreset.MmSegmentation }));
        AsymmetricPyramid dropping = Randomised(Small with { Dropout = 0.5 }, training: true);
        Assert.Contains("step", Names(dropping));
        Assert.DoesNotContain("step", Names(Randomised(Small, training: true)));

        static IReadOnlyList<string> Names(Layer block)
        {
            Graph graph = new();
            block.Forward(graph.Input("x", [1, 5, 4, 6]));
            return graph.InputNames;
        }
    }

    [Fact]
    public void Variables_OfEachPreset_HavePublishedNamesAndCount()
    {
        AsymmetricPyramid published = new(512);
        Assert.Equal(920_576, published.Parameters().Sum(parameter => parameter.Shape.Count));
        string[] names = [.. published.Variables().Select(entry => entry.Name)];
        Assert.Equal("stages.0.f_key.0.weight", names[0]);
        Assert.Contains("stages.0.f_query.1.0.running_mean", names);
        Assert.Contains("conv_bn_dropout.1.0.weight", names);
        Assert.Contains("conv_bn_dropout.1.weight", new AsymmetricFusion(4, 6).Variables().Select(entry => entry.Name));
        string[] mmseg = [.. new AsymmetricPyramid(6, Small with { Preset = AsymmetricPreset.MmSegmentation })
            .Variables().Select(entry => entry.Name)];
        Assert.Contains("stages.0.query_project.bn.weight", mmseg);
        Assert.Contains("stages.0.out_project.bias", mmseg);
        Assert.Contains("bottleneck.conv.weight", mmseg);
        Assert.DoesNotContain("bottleneck.conv.bias", mmseg);
    }

    [Fact]
    public void Compile_FourTimesThePositions_TakesFourTimesTheMemory()
    {
        AsymmetricPyramid block = new(64);
        Assert.InRange(BlockInput.Arena(block, 128, 64), 0, 4.3 * BlockInput.Arena(block, 64, 64));
    }

    [Fact]
    public void Forward_MapsThatDoNotFit_SaysWhich()
    {
        Graph graph = new();
        Value low = graph.Input("low", [2, 9, 7, 4]);
        AsymmetricFusion block = new(4, 6, Small);
        Assert.Contains(
            "different batches", Assert.Throws<ShapeException>(() => block.Forward(low, graph.Input("a", [1, 5, 4, 6]))).Message);
        Assert.Contains("2x5x4x5", Assert.Throws<ShapeException>(() => block.Forward(low, graph.Input("b", [2, 5, 4, 5]))).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new AsymmetricPyramid(6, Small with { Levels = [1, 0] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AsymmetricPyramid(6, Small with { Levels = [] }));
    }

    private static AsymmetricPyramid Randomised(AsymmetricOptions options, bool training = false)
    {
        AsymmetricPyramid block = BlockRun.Randomised(new AsymmetricPyramid(6, options));
        if (training)
        {
            block.Train();
        }

        return block;
    }

    private static double[] Fused(AsymmetricOptions options, bool training)
    {
        AsymmetricFusion block = BlockRun.Randomised(new AsymmetricFusion(4, 6, options));
        if (training)
        {
            block.Train();
        }

        return BlockInput.Interpret([1, 5, 4, 6], BlockInput.Random([1, 5, 4, 6]), high =>
        {
            Value low = high.Graph.Constant(Tensor.From([1, 9, 7, 4], BlockInput.Random([1, 9, 7, 4])));
            return [block.Forward(low, high)];
        })[0];
    }
}
