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
    public void Draw_TheOtherClass_HasTheSameFramesInAnotherOrder()
    {
        DistantSigns set = new(30, seed: 5);
        for (int i = 0; i < set.Count; i++)
        {
            VideoClip obeys = set.Draw(i, set.Scene(i, obeys: true));
            VideoClip defies = set.Draw(i, set.Scene(i, obeys: false));

            Assert.NotEqual(obeys.Bytes, defies.Bytes);
            Assert.Equal(Frames(obeys).Order(), Frames(defies).Order());
            Assert.Equal(set.Draw(i).Bytes, (set.ClassNames[set.Label(i)] == "obeys" ? obeys : defies).Bytes);
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
            Assert.Equal(set.ClassNames[set.Label(i)] == "obeys", scene.SaysClockwise == scene.TurnsClockwise);
            Assert.True(Math.Abs(scene.Sign.X - scene.Turn.X) >= options.Distance);
            Assert.InRange(scene.SignStart, 0, 2);
            Assert.InRange(scene.TurnStart, scene.SignStart + options.SignFrames + options.Pause, options.Frames - options.TurnFrames);
            Assert.All([scene.Sign.X, scene.Turn.X], x => Assert.InRange(x, options.Margin, options.Width - options.Margin));
            Assert.All([scene.Sign.Y, scene.Turn.Y], y => Assert.InRange(y, options.Margin, options.Height - options.Margin));
        }
    }

    [Fact]
    public void Scene_InBothClasses_HasTheSameSignsAndTurns()
    {
        DistantSigns set = new(4000, seed: 2);
        int[,] counts = new int[2, 3];
        for (int i = 0; i < set.Count; i++)
        {
            SignScene scene = set.Scene(i);
            counts[set.Label(i), 0] += scene.SaysClockwise ? 1 : 0;
            counts[set.Label(i), 1] += scene.TurnsClockwise ? 1 : 0;
            counts[set.Label(i), 2] += scene.Sign.X < scene.Turn.X ? 1 : 0;
        }

        // 1000 expected of 2000, deviation 22.
        Assert.All(counts.Cast<int>(), count => Assert.InRange(count, 900, 1100));
    }

    [Fact]
    public void Draw_Clockwise_TurnsFromRightToBelow()
    {
        // Rows go down, so that clockwise is from the right over the bottom to the left.
        DistantSigns set = new(2, seed: 1, new() { Noise = 0, Clutter = 0, TurnFrames = 4 });
        SignScene scene = new(true, (14, 12), 0, (50, 12), 0, 6, TurnsClockwise: true);

        VideoClip clip = set.Draw(0, scene);

        Assert.Equal((56, 12), Brightest(clip, 6));
        Assert.Equal((50, 18), Brightest(clip, 7));
        Assert.Equal((44, 12), Brightest(clip, 8));
        Assert.Equal((50, 6), Brightest(clip, 9));
        Assert.Equal((56, 12), Brightest(clip, 10));
        Assert.Equal([50, 90, 235], clip.Frame(1).Slice(((12 * 64) + 14) * 3, 3).ToArray());
        Assert.NotEqual(235, clip.Frame(2)[(((12 * 64) + 14) * 3) + 2]);
    }

    [Theory]
    [InlineData(9, 64, 36)]
    [InlineData(12, 55, 36)]
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
