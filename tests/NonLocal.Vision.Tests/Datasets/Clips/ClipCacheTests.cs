using NonLocal.Formats;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Datasets.Clips;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Tests.Datasets.Clips;

public sealed class ClipCacheTests : IDisposable
{
    private readonly ClipFolderWorld world = new();

    public ClipCacheTests()
    {
        for (int i = 0; i < 4; i++)
        {
            world.Clip($"set/{"ab"[i % 2]}/{i}.y4m", frames: 2 + i, first: 20 * i, width: 8, height: 6);
        }

        world.Frames("set/b/frames", 3);
    }

    private string[] Files => [.. Directory.GetFiles(Directory.GetDirectories(world.In("cache"))[0]).Where(file => !file.EndsWith("lock"))];

    public void Dispose() => world.Dispose();

    [Fact]
    public void Open_FirstTime_DecodesEveryVideoToAShorterSide()
    {
        List<(int Done, int Total)> progress = [];

        ClipSet cached = Open((done, total) => progress.Add((done, total)));

        ClipSet set = ClipSet.Open(world.In("set"));
        Assert.Equal([1, 2, 3, 4, 5], progress.Select(step => step.Done));
        for (int i = 0; i < set.Count; i++)
        {
            using VideoSource expected = set.Open(i);
            using VideoSource video = cached.Open(i);
            Assert.Equal((set.Label(i), set.Source(i)), (cached.Label(i), cached.Source(i)));
            Assert.Equal((expected.Count, expected.Rate), (video.Count, video.Rate));
            Assert.Equal((4, 3), (video.Width, video.Height));
            int last = expected.Count - 1;
            Assert.Equal(expected.Read(last, 1).Bytes[0], video.Read(last, 1).Bytes[^1]);
        }
    }

    [Fact]
    public void Open_SecondTime_DecodesNothing()
    {
        Open();

        Assert.Empty(Open((_, _) => Assert.Fail("decoded again")).Problems);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Open_AfterAnInterruption_GoesOnWhereItWas(int interruptedAt)
    {
        Assert.Throws<OperationCanceledException>(() => Open((done, _) =>
        {
            if (done == interruptedAt)
            {
                throw new OperationCanceledException();
            }
        }));
        Dictionary<string, DateTime> before = Files.ToDictionary(file => file, File.GetLastWriteTimeUtc);
        Assert.Equal(interruptedAt, before.Count);
        string leftover = Path.Combine(Path.GetDirectoryName(before.Keys.First())!, $".0000004.{Guid.NewGuid():N}.tmp");
        File.WriteAllBytes(leftover, [1]);

        Open();

        Assert.Equal(5, Files.Length);
        Assert.All(before, file => Assert.Equal(file.Value, File.GetLastWriteTimeUtc(file.Key)));
        Assert.False(File.Exists(leftover));
    }

    [Fact]
    public void Open_AfterAnyDamageOfAHeader_DecodesAgain()
    {
        Open();
        string file = Files[0];
        byte[] whole = File.ReadAllBytes(file);
        for (int i = 0; i < 120; i += 7)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x11;
            File.WriteAllBytes(file, i % 2 == 0 ? damaged : whole[..^(i + 1)]);

            Open();

            Assert.Equal(whole, File.ReadAllBytes(file));
        }
    }

    [Fact]
    public void Read_ADamagedFrame_IsNamed()
    {
        ClipSet cached = Open();
        string file = Files.MinBy(name => new FileInfo(name).Length)!;
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^40] ^= 1;
        File.WriteAllBytes(file, bytes);

        using VideoSource video = cached.Open(0);
        Assert.Equal(1, video.Read(0, 1).Count);
        string message = Assert.Throws<FileFormatException>(() => video.Read(1, 1)).Message;
        Assert.Contains("frame 1 of the cached video is damaged", message, StringComparison.Ordinal);
        Assert.StartsWith(file, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AChangedVideo_DecodesThatOneAgain()
    {
        Open();
        string[] before = Files;
        world.Clip("set/a/2.y4m", frames: 9, width: 8, height: 6);

        using VideoSource video = Open().Open(1);

        Assert.Equal(9, video.Count);
        Assert.Single(Files.Except(before));
    }

    [Fact]
    public void Open_ACorruptVideo_KeepsItsPlaceAndIsRemembered()
    {
        string bad = world.In("set/a/2.y4m");
        File.WriteAllBytes(bad, File.ReadAllBytes(bad)[..^5]);

        Assert.Contains("truncated", Assert.Single(Open().Problems).Problem, StringComparison.Ordinal);

        ClipSet again = Open((_, _) => Assert.Fail("decoded again"));
        (int index, string problem) = Assert.Single(again.Problems);
        Assert.Equal(1, index);
        Assert.StartsWith(bad, problem, StringComparison.Ordinal);
        Assert.Equal(problem, Assert.Throws<FileFormatException>(() => again.Open(1)).Message);
    }

    [Fact]
    public void Open_APartOfTheSet_DecodesNothing()
    {
        Open();
        ChosenClips part = new(ClipSet.Open(world.In("set")), [3, 1]);

        ClipSet cached = ClipCache.Open(part, world.In("set"), 3, world.In("cache"), (_, _) => Assert.Fail("decoded again"));

        using VideoSource video = cached.Open(1);
        Assert.Equal(4, video.Count);
    }

    [Fact]
    public void Open_WhileAnotherFillsIt_IsRefused()
    {
        Assert.Throws<OperationCanceledException>(() => Open((_, _) =>
        {
            string message = Assert.Throws<IOException>(() => Open()).Message;
            Assert.Contains("another run may be filling it", message, StringComparison.Ordinal);
            throw new OperationCanceledException();
        }));
    }

    [Fact]
    public void Verify_Clips_NamesTheBadOnes()
    {
        string bad = world.In("set/a/2.y4m");
        File.WriteAllBytes(bad, File.ReadAllBytes(bad)[..^5]);
        File.WriteAllBytes(world.In("set/b/frames/frame_2.png"), [1, 2, 3]);

        DatasetReport report = ClipCheck.Verify(ClipSet.Open(world.In("set")), classes: 2, threads: 1);

        Assert.Equal([1, 4], report.Bad.Select(each => each.Index));
        Assert.StartsWith(bad, report.Bad[0].Problem, StringComparison.Ordinal);
        Assert.Contains("frame_2.png", report.Bad[1].Problem, StringComparison.Ordinal);
        Assert.Equal([2, 3], report.Counts);
        Assert.Equal([((8, 6, 3), 3)], report.Sizes);
        Assert.False(report.IsGood);
        Assert.Contains("expected 3", Assert.Single(ClipCheck.Verify(ClipSet.Open(world.In("set")), classes: 3).Problems));
    }

    private ClipSet Open(Action<int, int>? progress = null) =>
        ClipCache.Open(ClipSet.Open(world.In("set")), world.In("set"), 3, world.In("cache"), progress, threads: 1);
}
