using NonLocal.Formats;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Tests.Video;

public sealed class FrameFolderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Read_FramesByNumber_AreInTheOrderOfCounting()
    {
        Write("-frame2.png", shade: 2);
        Write("-frame10.png", shade: 10);
        Write("-frame1.png", shade: 1, channels: 1);
        File.WriteAllText(Path.Combine(folder, "notes.txt"), "no frame");
        File.WriteAllText(Path.Combine(folder, "._-frame1.png"), "no frame either");

        using VideoSource video = VideoFile.Open(folder);
        VideoClip clip = video.Read(0, 3);

        Assert.Equal((3, 3, 2, null), (video.Count, video.Width, video.Height, video.Rate));
        Assert.Equal([1, 2, 10], Enumerable.Range(0, 3).Select(frame => (int)clip.Frame(frame)[17]));
    }

    [Fact]
    public void Read_FrameOfAnotherSize_IsNamed()
    {
        Write("1.png", shade: 1);
        Write("2.png", shade: 2, width: 4);
        using VideoSource video = VideoFile.Open(folder);

        Assert.Equal(1, video.Read(0, 1).Count);
        Assert.Equal(
            Path.Combine(folder, "2.png") + ": the frame has 4 x 2 pixels, expected 3 x 2 as the first one",
            Assert.Throws<FileFormatException>(() => video.Read(0, 2)).Message);
    }

    [Fact]
    public void Read_CorruptFrame_IsNamed()
    {
        Write("1.png", shade: 1);
        File.WriteAllText(Path.Combine(folder, "2.png"), "a text");
        using VideoSource video = VideoFile.Open(folder);

        Assert.StartsWith(
            Path.Combine(folder, "2.png") + ": the file is neither PNG nor JPEG",
            Assert.Throws<FileFormatException>(() => video.Read(1, 1)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FolderWithoutPictures_IsRefused() => Assert.Equal(
        $"{folder}: the folder holds no pictures, expected the frames of a video (.png, .jpg, …)",
        Assert.Throws<FileFormatException>(() => VideoFile.Open(folder)).Message);

    [Fact]
    public void Open_NoSuchFile_IsRefused() => Assert.EndsWith(
        "there is no such file",
        Assert.Throws<IOException>(() => VideoFile.Open(Path.Combine(folder, "none.y4m"))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void NaturalOrder_Names_AreInTheOrderOfCounting()
    {
        string[] sorted = ["", "1", "01", "1a", "2", "10", "00011", "99999999999999999998", "99999999999999999999", "a1b2", "a1b10", "b"];
        string[] mixed = [.. sorted];
        new Random(2).Shuffle(mixed);

        Assert.Equal(
            sorted.Where(name => name is not ("1" or "01")),
            mixed.Where(name => name is not ("1" or "01")).Order(NaturalOrder.Instance));
        Assert.True(NaturalOrder.Instance.Compare("01", "1") < 0);
    }

    private void Write(string name, byte shade, int width = 3, int channels = 3)
    {
        byte[] bytes = new byte[width * 2 * channels];
        bytes.AsSpan().Fill(shade);
        Png.Write(Path.Combine(folder, name), new(width, 2, channels, bytes));
    }
}
