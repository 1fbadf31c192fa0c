using NonLocal.Attention;
using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Models.Heads;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Tests.Attention;

public class EmAttentionTests
{
    private static readonly EmOptions Small = new() { Bases = 4 };

    /// <summary>With 72 positions the convolution is applied to the bases, with 9 to the map.</summary>
    [Theory]
    [InlineData("1x9x8x6", false, EmDivisor.Added)]
    [InlineData("2x9x8x6", true, EmDivisor.Added)]
    [InlineData("2x3x3x6", true, EmDivisor.Floored)]
    [InlineData("2x35x6", true, EmDivisor.Floored)]
    [InlineData("1x3x4x5x6", false, EmDivisor.Added)]
    public void Forward_Cheapest_EqualsLiteralRouteWithGradients(string shape, bool learnsThroughStages, EmDivisor divisor)
    {
        EmOptions options = Small with { LearnsThroughStages = learnsThroughStages, Divisor = divisor };
        BlockRun cheapest = new(Randomised(6, options), Shape.Parse(shape));
        double[][] expected = new BlockRun(Randomised(6, options with { Route = Route.Literal }), Shape.Parse(shape)).Interpreted();
        BlockRun.AssertAgree(expected, cheapest.Interpreted(), 1e-9);
        BlockRun.AssertAgree(expected, cheapest.Program(), 1e-4);
    }

    [Fact]
    public void Forward_PositionsPermuted_PermutesTheResultAndTheBasesStay()
    {
        EmAttention block = Randomised(6, Small);
        int[] order = [3, 0, 6, 1, 5, 2, 4];
        Shape shape = [1, 7, 6];
        float[] content = BlockInput.Random(shape);
        float[] permuted = BlockInput.Permuted(content, 6, order);
        float[] y = BlockInput.Run(block, shape, content);
        BlockInput.AssertClose(BlockInput.Permuted(y, 6, order), BlockInput.Run(block, shape, permuted));
        double[] bases = BlockInput.Interpret(shape, content, x => [block.ForwardWithBases(x).Bases])[0];
        double[] after = BlockInput.Interpret(shape, permuted, x => [block.ForwardWithBases(x).Bases])[0];
        double[] others = BlockInput.Interpret(shape, BlockInput.Random(shape, 9), x => [block.ForwardWithBases(x).Bases])[0];
        Assert.All(bases.Zip(after), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.Contains(bases.Zip(others), pair => Math.Abs(pair.First - pair.Second) > 1e-3);
    }

    [Fact]
    public void ForwardWithBases_OfAnyMap_BasesHaveNormOneAndRowsSumToOne()
    {
        EmAttention block = Randomised(6, Small);
        double[][] found = BlockInput.Interpret([2, 5, 4, 6], BlockInput.Random([2, 5, 4, 6]), x =>
        {
            (_, Value bases, IReadOnlyList<Value> responsibilities) = block.ForwardWithBases(x);
            return [bases, .. responsibilities, block.AttentionRows(x, 19, 3)];
        });
        Assert.Equal(3 + 2, found.Length);
        Assert.All(found[0].Chunk(6), basis => Assert.Equal(1, basis.Sum(number => number * number), 1e-4));
        Assert.All(found[1..].SelectMany(map => map.Chunk(4)), row => Assert.Equal(1, row.Sum(), 1e-12));
        Assert.Equal(found[3][(19 * 4)..(20 * 4)], found[4][..4]);
        Assert.Equal(found[3][((20 + 3) * 4)..((20 + 4) * 4)], found[4][12..16]);
    }

    [Fact]
    public void Gradients_AsPublished_DoNotReachTheConvolutionBeforeTheSteps()
    {
        EmAttention block = Randomised(6, Small);
        int weight = block.Parameters().ToList().FindIndex(parameter => parameter.Name == "conv1.weight") + 2;
        Assert.All(new BlockRun(block, [1, 5, 4, 6]).Interpreted()[weight], number => Assert.Equal(0, number));
        EmAttention learning = Randomised(6, Small with { LearnsThroughStages = true });
        Assert.Contains(new BlockRun(learning, [1, 5, 4, 6]).Interpreted()[weight], number => number != 0);
    }

    [Theory]
    [InlineData(BaseUpdate.Average)]
    [InlineData(BaseUpdate.NormalizedAverage)]
    [InlineData(BaseUpdate.None)]
    public void Run_InTraining_MovesTheStoredBasesByTheirRule(BaseUpdate update)
    {
        EmAttention block = Randomised(6, Small with { Update = update, Momentum = 0.25 });
        Variable stored = block.Variables().Single(entry => entry.Name == "mu").Variable;
        float[] before = stored.Value.Span.ToArray();
        Shape shape = [2, 5, 4, 6];
        float[] content = BlockInput.Random(shape);
        double[] bases = BlockInput.Interpret(shape, content, x => [block.ForwardWithBases(x).Bases])[0];
        BlockInput.Run(block, shape, content);
        Assert.Equal(before, stored.Value.Span.ToArray());
        block.Train();
        BlockInput.Run(block, shape, content);
        for (int k = 0; k < 4; k++)
        {
            double[] mean = [.. Enumerable.Range(0, 6).Select(c => (bases[(k * 6) + c] + bases[((4 + k) * 6) + c]) / 2)];
            double norm = update == BaseUpdate.NormalizedAverage ? Math.Sqrt(mean.Sum(number => number * number)) + 1e-6 : 1;
            for (int c = 0; c < 6; c++)
            {
                double was = before[(c * 4) + k];
                double expected = update == BaseUpdate.None ? was : (0.75 * was) + (0.25 * mean[c] / norm);
                Assert.Equal(expected, stored.Value.Span[(c * 4) + k], 1e-5);
            }
        }
    }

    [Fact]
    public void Initialize_Bases_HaveNormOne()
    {
        foreach (EmDivisor divisor in Enum.GetValues<EmDivisor>())
        {
            EmAttention block = new(6, Small with { Divisor = divisor });
            block.Initialize(1);
            float[] bases = block.Variables().Single(entry => entry.Name == "mu").Variable.Value.Span.ToArray();
            for (int k = 0; k < 4; k++)
            {
                Assert.Equal(1, Enumerable.Range(0, 6).Sum(c => bases[(c * 4) + k] * bases[(c * 4) + k]), 1e-4);
            }
        }
    }

    [Fact]
    public void Forward_EveryOption_ChangesTheResult()
    {
        BlockInput.AssertAllDiffer(
            [1, 5, 4, 6],
            Randomised(6, Small),
            Randomised(6, Small with { Bases = 5 }),
            Randomised(6, Small with { Stages = 2 }));
        Shape shape = [1, 5, 4, 6];
        float[] small = [.. BlockInput.Random(shape).Select(number => number * 2e-7f)];
        double[][] bases = [.. Enum.GetValues<EmDivisor>().Select(divisor =>
        {
            EmModule module = BlockRun.Randomised(new EmModule(6, Small with { Divisor = divisor }));
            return BlockInput.Interpret(shape, small, x => [module.ForwardWithResponsibilities(x).Result])[0];
        })];
        Assert.Contains(bases[0].Zip(bases[1]), pair => Math.Abs(pair.First - pair.Second) > 0.01 * Math.Abs(pair.First));
        Assert.NotEqual(
            Moved(Randomised(6, Small)), Moved(Randomised(6, Small with { NormMomentum = 0.5 })));

        static float Moved(EmAttention block)
        {
            block.Train();
            BlockInput.Run(block, [1, 5, 4, 6], BlockInput.Random([1, 5, 4, 6]));
            return block.Variables().Single(entry => entry.Name == "conv2.1.running_mean").Variable.Value.Span[0];
        }
    }

    [Fact]
    public void Variables_OfUnitAndModule_HavePublishedNamesAndCount()
    {
        EmAttention unit = new(512);
        string norm = "conv2.1.weight conv2.1.bias conv2.1.running_mean conv2.1.running_var conv2.1.num_batches_tracked";
        Assert.Equal($"mu conv1.weight conv1.bias conv2.0.weight {norm}".Split(' '), unit.Variables().Select(entry => entry.Name));
        Assert.Equal([1, 512, 64], unit.Variables().First().PublishedShape);
        Assert.Equal(525_824, unit.Parameters().Sum(parameter => parameter.Shape.Count));
        Assert.Equal(["bases"], new EmModule(8).Variables().Select(entry => entry.Name));
    }

    [Fact]
    public void Load_EmanetsFileIntoTheHeadOfMmsegmentation_MatchesEveryKey()
    {
        (string Ours, string Published)[] parts =
        [
            ("ema_module.bases", "emau.mu"),
            ("ema_mid_conv.conv", "emau.conv1"),
            ("ema_out_conv.conv", "emau.conv2.0"),
            ("ema_out_conv.bn", "emau.conv2.1"),
            ("ema_in_conv", "fc0"),
            ("bottleneck", "fc1.0"),
            ("conv_seg", "fc2"),
        ];
        DecodeHeadOptions options = new() { InputChannels = [6], Channels = 5, Classes = 3 };
        EmHead head = BlockRun.Randomised(new EmHead(options, 4, EmOptions.MmSegmentation with { Bases = 2 }, concatenatesInput: false));
        StoredTensor[] published = [.. StateDict.Save(head).Select(tensor =>
        {
            (string ours, string name) = parts.Single(part => tensor.Name.StartsWith(part.Ours, StringComparison.Ordinal));
            return StoredTensor.FromSingle(name + tensor.Name[ours.Length..], [.. tensor.Shape], tensor.ToSingle());
        })];
        Assert.True(StateDict.Load(head, new TensorFile(published)).IsComplete);
        Assert.Throws<WeightMismatchException>(() => StateDict.Load(new EmHead(options, 4), new TensorFile(published)));
    }

    [Fact]
    public void Compile_FourTimesThePositions_TakesFourTimesTheMemory()
    {
        EmAttention block = new(64);
        Assert.InRange(BlockInput.Arena(block, 128, 64), 0, 4.3 * BlockInput.Arena(block, 64, 64));
    }

    [Fact]
    public void Forward_WrongChannels_NamesTheBlockAndTheShape()
    {
        Value x = new Graph().Input("x", [1, 3, 4, 5]);
        Assert.Contains("1x3x4x5", Assert.Throws<ShapeException>(() => new EmAttention(6).Forward(x)).Message);
        Assert.Contains("1x3x4x5", Assert.Throws<ShapeException>(() => new EmModule(6).Forward(x)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new EmAttention(6, new EmOptions { Stages = 0 }));
    }

    private static EmAttention Randomised(int channels, EmOptions options) => BlockRun.Randomised(new EmAttention(channels, options));
}
