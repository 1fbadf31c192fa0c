using System.IO.Compression;
using NonLocal.Formats;
using NonLocal.Vision.Datasets.Clips;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Tests.Datasets.Clips;

public sealed class ClipSetTests : IDisposable
{
    private readonly ClipFolderWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public void Open_ClassFolders_HoldFilesAndFoldersOfFrames()
    {
        world.Clip("set/run/b.y4m", 5);
        world.Clip("set/run/a.y4m");
        world.Frames("set/jump/one", 4);
        world.Text("set/run/notes.txt", "no clip");
        Directory.CreateDirectory(world.In("set/.hidden"));

        ClipSet set = ClipSet.Open(world.In("set"));

        Assert.Equal(["jump", "run"], set.ClassNames);
        Assert.Equal([0, 1, 1], Labels(set));
        Assert.Equal(["one", "a.y4m", "b.y4m"], Names(set));
        Assert.Equal([4, 3, 5], Enumerable.Range(0, 3).Select(index => CountOf(set, index)));
        Assert.True(ClipSet.Recognizes(world.In("set")));
    }

    [Fact]
    public void Open_AnEmptyClass_IsNamed()
    {
        world.Clip("set/run/a.y4m");
        Directory.CreateDirectory(world.In("set/stand"));

        string message = Assert.Throws<FileFormatException>(() => ClipSet.Open(world.In("set"))).Message;

        Assert.Contains("\"stand\" holds no clips", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ClassFoldersWithGivenNames_HaveTheirNumbers()
    {
        world.Clip("set/run/a.y4m");

        ClipSet set = ClipSet.Open(world.In("set"), new ClipSetOptions { ClassNames = ["jump", "run"] });

        Assert.Equal(["jump", "run"], set.ClassNames);
        Assert.Equal([1], Labels(set));
        string message = Assert.Throws<FileFormatException>(
            () => ClipSet.Open(world.In("set"), new ClipSetOptions { ClassNames = ["jump"] })).Message;
        Assert.Contains("\"run\" is none of the 1 classes", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run/a.y4m 0\nrun/b c.y4m 2\n")]
    [InlineData("# a comment\r\nrun/a.y4m,0\r\n\r\nrun/b c.y4m,2\r\n")]
    [InlineData("run/a.y4m\t0\nrun/b c.y4m\t2")]
    public void Open_AList_SeparatesPathAndLabel(string text)
    {
        world.Clip("run/a.y4m", 2);
        world.Clip("run/b c.y4m", 7);

        ClipSet set = ClipSet.Open(world.Text("list.txt", text));

        Assert.Equal([0, 2], Labels(set));
        Assert.Equal(["0", "1", "2"], set.ClassNames);
        Assert.Equal(7, CountOf(set, 1));
        Assert.Empty(set.Problems);
    }

    [Fact]
    public void Open_AListWithNames_NumbersThemInTheirOrder()
    {
        string list = world.Text("list.csv", "a.mp4,swim far\nb.mp4,run\n");

        Assert.Equal(["run", "swim far"], ClipSet.Open(list).ClassNames);
        ClipSet named = ClipSet.Open(list, new ClipSetOptions { ClassNames = ["swim far", "jump", "run"] });
        Assert.Equal([0, 2], Labels(named));
        string message = Assert.Throws<FileFormatException>(
            () => ClipSet.Open(list, new ClipSetOptions { ClassNames = ["swim far", "jump"] })).Message;
        Assert.Contains("line 2: the class is \"run\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AListOfPathsAlone_TakesTheFolderForTheClass()
    {
        ClipSet set = ClipSet.Open(world.Text("test.txt", "run/a.avi\njump/b.avi\n"));

        Assert.Equal(["jump", "run"], set.ClassNames);
        Assert.Equal([1, 0], Labels(set));
    }

    [Fact]
    public void Open_AListWithMissingFiles_KeepsTheLabelsOfTheOthers()
    {
        world.Clip("elsewhere/b.y4m");

        ClipSet set = ClipSet.Open(
            world.Text("list.txt", "a.y4m 0\nb.y4m 1\n"), new ClipSetOptions { Root = world.In("elsewhere") });

        (int index, string problem) = Assert.Single(set.Problems);
        Assert.Equal(0, index);
        Assert.Contains("a.y4m: there is no such file", problem, StringComparison.Ordinal);
        Assert.Equal(1, set.Label(1));
        ClipSamples samples = new(set, new ClipInput(2, 1, 4, 6));
        Assert.Equal(1, samples.Count);
    }

    [Fact]
    public void Open_Idx_ReadsGreyClipsWithTheirLabels()
    {
        ClipSet set = ClipSet.Open(Idx("train", gzip: true));

        Assert.Equal([1, 0, 3], Labels(set));
        Assert.Equal(["0", "1", "2", "3"], set.ClassNames);
        using VideoSource video = set.Open(2);
        Assert.Equal((2, 2, 3), (video.Count, video.Height, video.Width));
        Assert.Equal([30, 30, 30, 31, 31, 31], video.Read(1, 1).Bytes[..6]);
    }

    [Fact]
    public void Open_WithNamesForNumbers_HasThem()
    {
        ClipSet set = ClipSet.Open(Idx("train"), new ClipSetOptions { ClassNames = ["a", "b", "c", "d"] });

        Assert.Equal(["a", "b", "c", "d"], set.ClassNames);
        Assert.Throws<FileFormatException>(() => ClipSet.Open(Idx("train"), new ClipSetOptions { ClassNames = ["a", "b", "c"] }));
    }

    [Theory]
    [InlineData(1, true, "1, 3")]
    [InlineData(1, false, "0")]
    public void Open_Folds_TakesWhatIsInsideOrOutside(int fold, bool inside, string labels)
    {
        string index = world.Text("index.csv", "row,fold,file\n0,1,x\n1,0,y\n2,1,z\n");

        ClipSet set = ClipSet.Open(Idx("all"), new ClipSetOptions { Folds = index, Fold = fold, InsideFold = inside });

        Assert.Equal(labels, string.Join(", ", Labels(set)));
        Assert.Equal(4, set.ClassNames.Count);
    }

    [Theory]
    [InlineData("row,part\n0,1\n", "names no column \"fold\"")]
    [InlineData("fold\n1\n", "1 lines for 3 clips")]
    [InlineData("fold\n1\nx\n1\n", "line 3 has no number")]
    [InlineData("fold\n1\n1\n1\n", "no clip is in fold 7; there are 1")]
    public void Open_WrongFolds_AreNamed(string text, string expected)
    {
        string index = world.Text("index.csv", text);

        string message = Assert.Throws<FileFormatException>(
            () => ClipSet.Open(Idx("all"), new ClipSetOptions { Folds = index, Fold = 7, InsideFold = true })).Message;

        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ABinaryFileAsList_IsRefused()
    {
        File.WriteAllBytes(world.In("list.txt"), [1, 2, 0, 4]);

        string message = Assert.Throws<FileFormatException>(() => ClipSet.Open(world.In("list.txt"))).Message;

        Assert.Contains("the file is no text", message, StringComparison.Ordinal);
    }

    // Three clips of two frames of 2 x 3; the samples of clip c, frame t are 10 (c + t) and one more for each pixel.
    private string Idx(string name, bool gzip = false)
    {
        byte[] clips = [0, 0, 8, 4, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, .. Samples()];
        string path = world.In($"{name}-clips-idx4-ubyte");
        using (Stream file = File.Create(path))
        using (Stream stream = gzip ? new GZipStream(file, CompressionLevel.Fastest) : file)
        {
            stream.Write(clips);
        }

        File.WriteAllBytes(world.In($"{name}-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 3, 1, 0, 3]);
        return path;
    }

    private static IEnumerable<byte> Samples() =>
        from clip in Enumerable.Range(0, 3)
        from frame in Enumerable.Range(0, 2)
        from pixel in Enumerable.Range(0, 6)
        select (byte)((10 * (clip + frame)) + pixel);

    private static IEnumerable<int> Labels(ClipSet set) => Enumerable.Range(0, set.Count).Select(set.Label);

    private static IEnumerable<string?> Names(ClipSet set) =>
        Enumerable.Range(0, set.Count).Select(index => Path.GetFileName(set.Source(index)));

    private static int CountOf(ClipSet set, int index)
    {
        using VideoSource video = set.Open(index);
        return video.Count;
    }
}
