using NonLocal.Analysis;
using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tests.Attention;

namespace NonLocal.Tests.Analysis;

public class AttentionTapTests
{
    private const int Channels = 16;
    private static readonly Shape Map = [1, 8, 8, Channels];

    public static TheoryData<string> Blocks => [.. AttentionRegistry.Names];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Of_EveryBlock_SaysTruthfullyWhetherWeightsAreADistribution(string name)
    {
        Layer block = BlockRun.Randomised(AttentionRegistry.Create(name, Channels));
        AttentionTap tap = Assert.Single(AttentionTap.All(block));
        if (tap.Target is AttentionTarget.Other or AttentionTarget.Gates)
        {
            Assert.Contains(name, (string[])["squeeze-excitation", "dual-multi-scale", "compact-generalized"]);
            return;
        }

        int[] readers = [0, 5, tap.Readers(Map) - 1];
        Tensor rows = Rows(tap, Content(), readers);
        bool distribution = true;
        for (int reader = 0; reader < readers.Length; reader++)
        {
            float[] row = Row(rows, reader);
            distribution &= row.All(weight => weight >= 0) && Math.Abs(row.Sum() - 1) < 1e-4;
        }

        // Interlaced attention loses a part of its weights on other maps.
        Assert.Equal(tap.SumsToOne || tap.Block is InterlacedAttention, distribution);
        if (tap.Target == AttentionTarget.Positions)
        {
            Assert.Equal(tap.Grid(Map).Count, rows.Shape.Last);
        }
    }

    [Fact]
    public void Grid_OfPooledKeysOnVideo_KeepsTime()
    {
        AttentionTap tap = AttentionTap.Of(new NonLocalBlock(Channels, subsample: true));
        Assert.Equal(new Shape(3, 2, 4), tap.Grid([1, 3, 5, 8, Channels]));
        Assert.Equal(tap.Grid(Map).Count, Rows(tap, Content(), [0]).Shape.Last);
        AttentionTap strided = AttentionTap.Of(new LightNonLocalBlock(Channels, new() { Stride = 2 }));
        Assert.Equal(new Shape(3, 4), strided.Grid([1, 5, 8, Channels]));
    }

    [Theory]
    [InlineData("non-local")]
    [InlineData("self-attention")]
    [InlineData("global-context")]
    [InlineData("double-attention")]
    public void Rows_OfAMapWithOneColour_AreUniform(string name)
    {
        AttentionTap tap = AttentionTap.Of(BlockRun.Randomised(AttentionRegistry.Create(name, Channels)));
        float[] colour = Content()[..Channels];
        Tensor rows = Rows(tap, [.. Enumerable.Range(0, 64).SelectMany(_ => colour)], [3, 60]);
        Assert.All(rows.Span.ToArray(), weight => Assert.Equal(1.0f / 64, weight, 1e-6f));
    }

    [Fact]
    public void Rows_OfACrissCrossOnOneColour_AreUniformOnTheCross()
    {
        AttentionTap tap = AttentionTap.Of(BlockRun.Randomised(new CrissCrossAttention(Channels)));
        float[] colour = Content()[..Channels];
        float[] row = Row(Rows(tap, [.. Enumerable.Range(0, 64).SelectMany(_ => colour)], [(2 * 8) + 5]), 0);
        for (int position = 0; position < 64; position++)
        {
            Assert.Equal(position / 8 == 2 || position % 8 == 5 ? 1.0f / 15 : 0, row[position], 1e-6f);
        }
    }

    [Theory]
    [InlineData("non-local", true)]
    [InlineData("position-attention", true)]
    [InlineData("spectral-non-local", true)]
    [InlineData("double-attention", true)]
    [InlineData("simplified-non-local", true)]
    [InlineData("criss-cross", false)]
    public void Rows_OfAMapWithExchangedPositions_AreExchanged(string name, bool expected)
    {
        AttentionTap tap = AttentionTap.Of(BlockRun.Randomised(AttentionRegistry.Create(name, Channels)));
        float[] map = Content();
        int[] order = [.. Enumerable.Range(0, 64)];
        new Random(3).Shuffle(order);
        float[] moved = [.. order.SelectMany(from => map.AsSpan(from * Channels, Channels).ToArray())];
        float[] before = Row(Rows(tap, map, [order[11]]), 0);
        float[] after = Row(Rows(tap, moved, [11]), 0);
        double largest = Enumerable.Range(0, 64).Max(place => Math.Abs(before[order[place]] - after[place]));
        Assert.Equal(expected, largest < 1e-5);
    }

    [Fact]
    public void All_OfANetwork_AreItsOutermostBlocksInOrder()
    {
        Sequential network = new(
            ("first", new Linear(4, 4)),
            ("a", new InterlacedModule(4, new InterlacedOptions())),
            ("inside", new Sequential(("b", new NonLocalBlock(4)), ("c", new SqueezeExcitationBlock(4, 2)))));
        Assert.Equal(
            [typeof(InterlacedAttention), typeof(NonLocalBlock), typeof(SqueezeExcitationBlock)],
            AttentionTap.All(network).Select(tap => tap.Block.GetType()));
        Assert.Empty(AttentionTap.All(new Linear(4, 4)));
    }

    private static Tensor Rows(AttentionTap tap, float[] content, int[] readers)
    {
        Graph graph = new();
        Value x = graph.Input("x", Map);
        return Program.Compile(graph, [tap.Rows(x, readers)]).Run(Tensor.From(Map, content))[0];
    }

    private static float[] Row(Tensor rows, int index) => rows.Span.Slice(index * rows.Shape.Last, rows.Shape.Last).ToArray();

    private static float[] Content()
    {
        Random random = new(2);
        return [.. Enumerable.Range(0, (int)Map.Count).Select(_ => (random.NextSingle() * 2) - 1)];
    }
}
