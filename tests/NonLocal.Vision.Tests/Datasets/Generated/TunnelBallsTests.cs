using NonLocal.Vision.Datasets.Generated;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Tests.Datasets.Generated;

public class TunnelBallsTests
{
    [Fact]
    public void Draw_SameSeedAndIndex_SameBits()
    {
        VideoClip clip = new TunnelBalls(20, seed: 3).Draw(7);

        Assert.Equal((12, 64, 24), (clip.Count, clip.Width, clip.Height));
        Assert.Equal(clip.Bytes, new TunnelBalls(40, seed: 3).Draw(7).Bytes);
        Assert.NotEqual(clip.Bytes, new TunnelBalls(20, seed: 4).Draw(7).Bytes);
        Assert.NotEqual(clip.Bytes, new TunnelBalls(20, seed: 3).Draw(9).Bytes);
        using VideoSource video = new TunnelBalls(20, seed: 3).Open(7);
        Assert.Equal(clip.Bytes, video.Read(0, 12).Bytes);
    }

    [Fact]
    public void Draw_AnotherBall_ChangesOnlyTheFramesInWhichOneLeaves()
    {
        TunnelBallsOptions options = new();
        TunnelBalls set = new(30, seed: 5);
        for (int i = 0; i < set.Count; i++)
        {
            TunnelScene scene = set.Scene(i);
            VideoClip clip = set.Draw(i);
            VideoClip other = set.Draw(i, scene with { Leaves = scene.Leaves with { Colour = (scene.Leaves.Colour + 1) % 4 } });

            int[] changed =
                [.. Enumerable.Range(0, clip.Count).Where(frame => !clip.Frame(frame).SequenceEqual(other.Frame(frame)))];
            Assert.Equal(Enumerable.Range(scene.Leaves.Start, options.Seen), changed);
            Assert.True(scene.Leaves.Start >= scene.Enters.Start + options.Seen + options.Hidden);
        }
    }

    [Fact]
    public void Scene_AnyClip_FitsAndIsOfItsClass()
    {
        TunnelBallsOptions options = new();
        TunnelBalls set = new(600, seed: 1);
        for (int i = 0; i < set.Count; i++)
        {
            TunnelScene scene = set.Scene(i);
            Assert.Equal(set.ClassNames[set.Label(i)] == "the same ball", scene.Enters.Colour == scene.Leaves.Colour);
            Assert.InRange(scene.Enters.Start, 0, scene.Leaves.Start - options.Seen - options.Hidden);
            Assert.InRange(scene.Leaves.Start, 0, options.Frames - options.Seen);
            Assert.All(
                [scene.Enters, scene.Leaves],
                ball =>
                {
                    Assert.InRange(ball.Row, options.Margin, options.Height - options.Margin - 1);
                    Assert.InRange(ball.Colour, 0, 3);
                    Assert.InRange(ball.Light, 0.8f, 1.1f);
                });
        }
    }

    [Fact]
    public void Scene_OneEndAlone_TellsNothingOfTheClass()
    {
        TunnelBalls set = new(8000, seed: 2);
        int[,] entering = new int[2, 4];
        int[,] leaving = new int[2, 4];
        int[] fromLeft = new int[2];
        for (int i = 0; i < set.Count; i++)
        {
            TunnelScene scene = set.Scene(i);
            entering[set.Label(i), scene.Enters.Colour]++;
            leaving[set.Label(i), scene.Leaves.Colour]++;
            fromLeft[set.Label(i)] += scene.FromLeft ? 1 : 0;
        }

        // 1000 expected of 4000, deviation 27; 2000, deviation 32.
        Assert.All(entering.Cast<int>().Concat(leaving.Cast<int>()), count => Assert.InRange(count, 870, 1130));
        Assert.All(fromLeft, count => Assert.InRange(count, 1850, 2150));
    }

    [Fact]
    public void Draw_FromTheLeft_RollsInAtTheLeftEndAndOutAtTheRightOne()
    {
        TunnelBalls set = new(2, seed: 1, new() { Noise = 0, Clutter = 0 });
        TunnelScene scene = new(FromLeft: true, new(0, 6, Colour: 0, Light: 1), new(8, 17, Colour: 1, Light: 1));

        VideoClip clip = set.Draw(0, scene);

        Assert.Equal([(4, 6), (8, 6), (12, 6)], Enumerable.Range(0, 3).Select(frame => Coloured(clip, frame)!.Value));
        Assert.All(Enumerable.Range(4, 4), frame => Assert.Null(Coloured(clip, frame)));
        Assert.Equal([(51, 17), (55, 17), (59, 17)], Enumerable.Range(9, 3).Select(frame => Coloured(clip, frame)!.Value));
        Assert.Equal([60, 90, 230], clip.Frame(0).Slice(((6 * 64) + 3) * 3, 3).ToArray());
        Assert.Equal([215, 50, 50], clip.Frame(11).Slice(((17 * 64) + 60) * 3, 3).ToArray());
        Assert.Equal(59, Coloured(set.Draw(0, scene with { FromLeft = false }), 0)!.Value.X);
    }

    [Theory]
    [InlineData(10, 64, 32)]
    [InlineData(12, 47, 32)]
    [InlineData(12, 64, 7)]
    public void Create_WithoutRoom_Throws(int frames, int width, int tunnel)
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new TunnelBalls(2, 1, new() { Frames = frames, Width = width, Tunnel = tunnel }));
    }

    // The middle of all pixels that have a colour.
    private static (int X, int Y)? Coloured(VideoClip clip, int frame)
    {
        int[] found =
            [.. Enumerable.Range(0, clip.Width * clip.Height).Where(pixel => Spread(clip.Frame(frame).Slice(3 * pixel, 3)) > 100)];
        return found.Length == 0
            ? null
            : ((int)Math.Round(found.Average(pixel => pixel % clip.Width)), (int)Math.Round(found.Average(pixel => pixel / clip.Width)));
    }

    private static int Spread(ReadOnlySpan<byte> pixel) =>
        Math.Max(pixel[0], Math.Max(pixel[1], pixel[2])) - Math.Min(pixel[0], Math.Min(pixel[1], pixel[2]));
}
