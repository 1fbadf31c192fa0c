using NonLocal.Analysis;
using NonLocal.Attention;
using NonLocal.Cli.Explanation;
using NonLocal.Cli.Rendering;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors.Graphs;
using NonLocal.Vision.Drawing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Tests;

/// <summary>What <c>explain</c> makes of clips.</summary>
public sealed class ExplainClipTests(ClipWorld world) : IClassFixture<ClipWorld>
{
    // The network sees 4 frames of 8 × 8 pixels, cut out of 10 × 8; its map has 2 × 4 × 4 positions.
    [Theory]
    [InlineData("10,8,0", 0, 2, 2)]
    [InlineData("3,1,3", 1, 0, 0)]
    [InlineData("16,15,1", 0, 3, 3)]
    public void PositionOf_AFramesPixel_IsTheCellThatHoldsIt(string at, int frame, int row, int column)
    {
        (SmallClipNetwork network, Subject subject) = Make();
        (_, IReadOnlyList<BlockSight> blocks) = BlockSight.Look(
            network, subject, AttentionTap.All(network), [QueryPoint.Parse(at)], 1 << 20);
        GridSize map = new(2, 4, 4);
        Assert.Equal(map, blocks[0].Map);
        Assert.Equal([map.At(frame, row, column)], blocks[0].Asked);
        Assert.Equal(1, blocks[0].Of(0).ToArray().Sum(), 1e-5f);
        Assert.Equal(32 * 32, blocks[0].All.Length);
    }

    [Theory]
    [InlineData("0,8,0", "outside of the middle part that the network sees")]
    [InlineData("10,8,4", "20 x 16 pixels and 4 frames")]
    public void PositionOf_WhatIsNotSeen_IsRefused(string at, string expected) => Assert.Contains(
        expected,
        Assert.Throws<UsageException>(() => Make().Subject.PositionOf(QueryPoint.Parse(at), new GridSize(2, 4, 4))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Look_WithFewWeightsAllowed_KeepsPositionsAtEqualDistances()
    {
        (SmallClipNetwork network, Subject subject) = Make();
        (_, IReadOnlyList<BlockSight> blocks) = BlockSight.Look(network, subject, AttentionTap.All(network), [new(10, 8, 0)], 4 * 32);
        Assert.Equal(new GridSize(1, 2, 2), blocks[0].Readers);
        Assert.Equal(4 * 32, blocks[0].All.Length);
    }

    [Fact]
    public void Sheets_OfAClip_ShowEveryFrame()
    {
        (SmallClipNetwork network, Subject subject) = Make();
        QueryPoint[] points = [.. subject.QuarterPoints()];
        (_, IReadOnlyList<BlockSight> blocks) = BlockSight.Look(network, subject, AttentionTap.All(network), points, 1 << 20);
        Picture sheet = AttentionSheet.Draw(subject, "clip", points, blocks);
        Assert.True(sheet.Width > 4 * 240 && sheet.Height > (1 + points.Length) * 240);
        ClassEvidence evidence = new GradCam(network, subject.Input.Shape).Of(subject.Input.Span);
        Assert.Equal(32, evidence.Weights.Length);
        Assert.True(ClassSheet.Draw(subject, "clip", "a", evidence).Height > 2 * 240);
    }

    [Fact]
    public void Measure_OverClips_ComparesPositionsOfAllFrames()
    {
        (SmallClipNetwork network, _) = Make();
        using StringWriter nowhere = new();
        Progress progress = new(new Terminal(nowhere, nowhere, OutputIsScreen: false, ErrorIsScreen: false), json: true);
        (int samples, IReadOnlyList<QueryDependence> blocks) = DependenceTable.Measure(network, [world.Data], 3, 10, progress);
        Assert.Equal((3, 32, 10), (samples, blocks[0].Positions, blocks[0].Queries));
        Assert.NotNull(blocks[0].Maps);
        Assert.Contains(
            "one set at a time",
            Assert.Throws<UsageException>(() => DependenceTable.Measure(network, [world.Data, world.Data], 3, 10, progress)).Message,
            StringComparison.Ordinal);
    }

    private (SmallClipNetwork Network, Subject Subject) Make()
    {
        SmallClipNetwork network = new();
        network.Initialize(1);
        return (network, Subject.Of(world.In("clips/darker/0.y4m"), network.Info));
    }

    private sealed class SmallClipNetwork : Classifier
    {
        private readonly Sequential body;
        private readonly Linear classifier;

        public SmallClipNetwork()
            : base(
                new("small", 8, 8, [0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f], ["a", "b"], ShorterSide: 8, Clip: new ClipInfo(4, 1)), 2)
        {
            body = Register("body", new Sequential(
                ("stem", new Conv(3, 4, [3, 3, 3], [2, 2, 2], [1, 1, 1])),
                ("attention", new NonLocalBlock(4, new NonLocalOptions { Dimensions = 3 }))));
            classifier = Register("classifier", new Linear(4, 2));
        }

        protected override Value Build(Value x)
        {
            Value y = body.Forward(x);
            return classifier.Forward(y.Mean(1, 2, 3).Reshape([y.Shape[0], y.Shape.Last]));
        }
    }
}
