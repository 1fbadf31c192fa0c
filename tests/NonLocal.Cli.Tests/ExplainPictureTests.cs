using System.Text.Json;
using NonLocal.Analysis;
using NonLocal.Attention;
using NonLocal.Cli.Explanation;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors.Graphs;
using NonLocal.Vision.Drawing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Tests;

/// <summary>The verb <c>explain</c> on a picture.</summary>
public sealed class ExplainPictureTests(SmallWorld world) : IClassFixture<SmallWorld>
{
    // The picture has 40 × 30 pixels, the block's map 16 × 16 positions.
    [Fact]
    public void Explain_APicture_SaysWhatThePositionsRead()
    {
        CommandRun run = CommandRun.Of(
            "explain", world.Picture, "--at", "0,0", "--at", "39,12", "--grad-cam", "--output", world.In("explained"), "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        JsonElement[] maps = [.. run.Json().GetProperty("maps").EnumerateArray()];
        Assert.Equal(["0,0", "39,12"], maps.Select(map => map.GetProperty("at").GetString()));
        Assert.Equal([0, 0, 15, 6], maps.SelectMany(map => map.GetProperty("position").EnumerateArray()).Select(place => place.GetInt32()));
        Assert.All(maps, map =>
        {
            Assert.Equal("nl2", map.GetProperty("block").GetString());
            Assert.Equal(1, map.GetProperty("sum").GetDouble(), 1e-5);
            Assert.Equal(1.0 / 256, map.GetProperty("even").GetDouble());
            Assert.InRange(map.GetProperty("largest").GetDouble(), 1.0 / 256, 1);
        });
        Assert.Equal("8x8", run.Json().GetProperty("grad_cam").GetProperty("map").GetString());
        Assert.Equal(
            run.Json().GetProperty("top")[0].GetProperty("label").GetString(),
            run.Json().GetProperty("grad_cam").GetProperty("class").GetString());
        Assert.Equal(
            ["attention.png", "attention.html", "grad-cam.png"],
            run.Json().GetProperty("files").EnumerateArray().Select(file => Path.GetFileName(file.GetString())));
        Assert.All(run.Json().GetProperty("files").EnumerateArray(), file => Assert.True(File.Exists(file.GetString())));
    }

    [Fact]
    public void Explain_WithoutJson_IsATableAndTheFiles()
    {
        CommandRun run = CommandRun.Of("explain", world.Picture, "--block", "nl2", "--output", world.In("plain"));
        Assert.Contains("\nblock ", run.Output, StringComparison.Ordinal);
        Assert.Equal(4, run.Output.Split('\n').Count(line => line.StartsWith("nl2 ", StringComparison.Ordinal)));
        Assert.Contains(Path.Combine(world.In("plain"), "attention.html"), run.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(world.In("plain"), "grad-cam.png")));
    }

    [Fact]
    public void Explain_ClassByNameOfANetworkWithoutAttention_DrawsGradCamAlone()
    {
        CommandRun run = CommandRun.Of(
            "explain", "cifar-resnet20", world.Picture, "--weights", world.Weights, "--grad-cam", "ship", "-o", world.In("ship"), "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("ship", run.Json().GetProperty("grad_cam").GetProperty("class").GetString());
        Assert.Equal(["grad-cam.png"], Directory.GetFiles(world.In("ship")).Select(path => Path.GetFileName(path)));
    }

    [Theory]
    [InlineData("--at 40,3 lies outside of", "--at", "40,3")]
    [InlineData("--at is '3', expected a column and a row", "--at", "3")]
    [InlineData("--at is '1,-2'", "--at=1,-2")]
    [InlineData("has no block 'nl3' to look at; it has nl2", "--block", "nl3")]
    [InlineData("has no class 'shp'. Did you mean ship?", "--grad-cam", "shp")]
    [InlineData("--samples goes with --data", "--samples", "3")]
    public void Explain_BadOption_IsRefused(string expected, params string[] options) =>
        CommandRun.Of(["explain", world.Picture, "-o", world.In("refused"), .. options]).Refused(expected);

    [Fact]
    public void Explain_NothingOrTooMuch_IsRefused()
    {
        CommandRun.Of("explain").Refused("What is explained?");
        CommandRun.Of("explain", world.Picture, world.Picture).Refused("2 pictures are named");
        CommandRun.Of("explain", world.Picture, "--data", world.Data).Refused("one of them");
        CommandRun.Of("explain", "--data", world.Data, "--at", "1,1").Refused("--at goes with a picture");
        CommandRun.Of("explain", "cifar-resnet20", world.Picture, "--weights", world.Weights).Refused("--grad-cam explains any network");
    }

    [Fact]
    public void Sheet_OfEveryKindOfBlock_MarksThePositionThatReads()
    {
        Subject subject = Subject.Of(world.Picture, ManyBlocks.Description);
        ManyBlocks network = new();
        network.Initialize(1);
        IReadOnlyList<AttentionTap> taps = AttentionTap.All(network);
        QueryPoint[] points = [new(39, 29, 0)];
        (_, IReadOnlyList<BlockSight> blocks) = BlockSight.Look(network, subject, taps, points, 1 << 20);
        Assert.Equal(
            [
                AttentionTarget.Positions, AttentionTarget.Positions, AttentionTarget.Bases, AttentionTarget.Channels,
                AttentionTarget.Gates, AttentionTarget.Cells,
            ],
            blocks.Select(block => block.Target));
        Assert.Equal([63], blocks[0].Asked);
        Picture sheet = AttentionSheet.Draw(subject, "many", points, blocks);

        // Frames around the last of 8 × 8 positions in the maps of the two blocks that read positions, and nowhere else.
        const int side = 240;
        const int margin = 14;
        Area cell = new(margin + side - (side / 8), 0, side / 8, side / 8);
        Assert.Equal(2, Enumerable.Range(4, sheet.Height - 40).Count(y => IsFramed(sheet, cell with { Y = y })));
    }

    private static bool IsFramed(Picture picture, Area cell) =>
        HasBorder(picture, cell.Grown(1), 0) && HasBorder(picture, cell.Grown(2), 255)
        && HasBorder(picture, cell.Grown(3), 255) && HasBorder(picture, cell.Grown(4), 0);

    private static bool HasBorder(Picture picture, Area area, byte level)
    {
        return area.Y >= 0 && area.Bottom <= picture.Height
            && Enumerable.Range(area.X, area.Width).All(x => Is(x, area.Y) && Is(x, area.Bottom - 1))
            && Enumerable.Range(area.Y, area.Height).All(y => Is(area.X, y) && Is(area.Right - 1, y));

        bool Is(int x, int y) => picture.Row(y).Slice(3 * x, 3).IndexOfAnyExcept(level) < 0;
    }

    private sealed class ManyBlocks : Classifier
    {
        private const int Channels = 8;
        private readonly Sequential body;
        private readonly Linear classifier;

        public ManyBlocks()
            : base(Description, 3)
        {
            body = Register("body", new Sequential(
                ("stem", new Conv(3, Channels, [3, 3], [2, 2], [1, 1])),
                ("non_local", new NonLocalBlock(Channels)),
                ("cross", new CrissCrossAttention(Channels)),
                ("bases", new EmAttention(Channels, new EmOptions { Bases = 5 })),
                ("channels", new ChannelAttention(Channels)),
                ("gates", new SqueezeExcitationBlock(Channels, 2)),
                ("cells", new AsymmetricPyramid(Channels, new AsymmetricOptions()))));
            classifier = Register("classifier", new Linear(Channels, 3));
        }

        public static ModelInfo Description { get; } = new("many", 16, 16, [0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f], ["a", "b", "c"]);

        protected override Value Build(Value x)
        {
            Value y = body.Forward(x);
            return classifier.Forward(y.Mean(1, 2).Reshape([y.Shape[0], y.Shape.Last]));
        }
    }
}
