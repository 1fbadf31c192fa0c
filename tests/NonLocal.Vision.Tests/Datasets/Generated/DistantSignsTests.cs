using NonLocal.Vision.Datasets.Generated;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Tests.Datasets.Generated;

public class DistantSignsTests
{
    [Fact]
    public void Draw_SameSeedAndIndex_SameBits()
    {
        VideoClip clip = new DistantSigns(20, seed: 3).Draw(7);

        Assert.Equal((12, 64, 24), (clip.Count, clip.Width, clip.Height));
        Assert.Equal(clip.Bytes, new DistantSigns(40, seed: 3).Draw(7).Bytes);
        Assert.NotEqual(clip.Bytes, new DistantSigns(20, seed: 4).Draw(7).Bytes);
        Assert.NotEqual(clip.Bytes, new DistantSigns(20, seed: 3).Draw(9).Bytes);
        using VideoSource video = new DistantSigns(20, seed: 3).Open(7);
        Assert.Equal(clip.Bytes, video.Read(0, 12).Bytes);
    }

    [Fact]
    public void Draw_TheRunReversed_HasTheSameFramesInAnotherOrder()
    {
        DistantSigns set = new(30, seed: 5);
        for (int i = 0; i < set.Count; i++)
        {
            SignScene scene = set.Scene(i);
            VideoClip clip = set.Draw(i);
            VideoClip reversed = set.Draw(i, scene with { RunsRight = !scene.RunsRight });

            Assert.NotEqual(clip.Bytes, reversed.Bytes);
            Assert.Equal(Frames(clip).Order(), Frames(reversed).Order());
        }
    }

    [Fact]
    public void Scene_AnyClip_LeavesRoomInSpaceAndTime()
    {
        DistantSignsOptions options = new();
        DistantSigns set = new(600, seed: 1);
        for (int i = 0; i < set.Count; i++)
        {
            SignScene scene = set.Scene(i);
            string name = set.ClassNames[set.Label(i)];
            Assert.Equal(name.Contains("with the sign", StringComparison.Ordinal), scene.IsBlue == scene.RunsRight);
            Assert.Equal(name.StartsWith("right", StringComparison.Ordinal), scene.RunsRight);
            Assert.True(Math.Abs(scene.Sign.X - scene.Belt.X) >= options.Distance);
            Assert.InRange(scene.SignStart, 0, 2);
            Assert.InRange(scene.RunStart, scene.SignStart + options.SignFrames + options.Pause, options.Frames - options.RunFrames);
            Assert.All([scene.Sign.X, scene.Belt.X], x => Assert.InRange(x, options.Margin, options.Width - options.Margin));
            Assert.All([scene.Sign.Y, scene.Belt.Y], y => Assert.InRange(y, 6, options.Height - 6));
        }
    }

    [Fact]
    public void Scene_WithAnySignOrRun_LeavesTwoClassesAndEitherSide()
    {
        DistantSigns set = new(4000, seed: 2);
        int[] left = new int[4];
        HashSet<(bool Sign, bool Run)> kinds = [];
        for (int i = 0; i < set.Count; i++)
        {
            SignScene scene = set.Scene(i);
            kinds.Add((scene.IsBlue, scene.RunsRight));
            left[set.Label(i)] += scene.Sign.X < scene.Belt.X ? 1 : 0;
        }

        // 500 expected of 1000, deviation 16.
        Assert.All(left, count => Assert.InRange(count, 420, 580));
        Assert.Equal(4, kinds.Count);
    }

    [Fact]
    public void Draw_ToTheRight_LeavesAtTheRightEndAndComesBackAtTheLeft()
    {
        DistantSigns set = new(2, seed: 1, new() { Noise = 0, Clutter = 0 });
        SignScene scene = new(true, (14, 12), 0, (50, 12), 0.5f, 5, RunsRight: true);

        VideoClip clip = set.Draw(0, scene);

        Assert.Equal([50, 50, 53, 56, 41, 44, 47, 50], Enumerable.Range(4, 8).Select(frame => Brightest(clip, frame).X));
        Assert.Equal(12, Brightest(clip, 7).Y);
        Assert.Equal([50, 90, 235], clip.Frame(1).Slice(((12 * 64) + 14) * 3, 3).ToArray());
        Assert.NotEqual(235, clip.Frame(2)[(((12 * 64) + 14) * 3) + 2]);
        Assert.Equal(47, Brightest(set.Draw(0, scene with { RunsRight = false }), 6).X);
    }

    [Theory]
    [InlineData(9, 64, 36)]
    [InlineData(12, 59, 36)]
    [InlineData(12, 64, 10)]
    public void Create_WithoutRoom_Throws(int frames, int width, int distance)
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new DistantSigns(2, 1, new() { Frames = frames, Width = width, Distance = distance }));
    }

    private static IEnumerable<string> Frames(VideoClip clip) =>
        Enumerable.Range(0, clip.Count).Select(frame => Convert.ToHexString(clip.Frame(frame)));

    // The middle of all pixels that are nearly white.
    private static (int X, int Y) Brightest(VideoClip clip, int frame)
    {
        int[] white = [.. Enumerable.Range(0, clip.Width * clip.Height).Where(pixel => clip.Frame(frame)[3 * pixel] > 200)];
        return ((int)Math.Round(white.Average(pixel => pixel % clip.Width)), (int)Math.Round(white.Average(pixel => pixel / clip.Width)));
    }
}
