using NonLocal.Formats;
using NonLocal.Testing;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Tests.Video;

public sealed class Y4MTests
{
    private const string Header = "YUV4MPEG2 W2 H1 F25:1 Cmono";

    [Theory]
    [InlineData("420jpeg", 18, 10)]
    [InlineData("420mpeg2", 18, 10)]
    [InlineData("420full", 18, 10)]
    [InlineData("422", 18, 10)]
    [InlineData("444", 17, 9)]
    [InlineData("mono", 17, 9)]
    [InlineData("1x1", 1, 1)]
    public void Read_FileOfFFmpeg_IsWithinOneLevelOfIt(string name, int width, int height)
    {
        using VideoSource video = VideoFile.Open(Fixtures.Path("video", name + ".y4m"));
        VideoClip clip = video.Read(0, 3);
        byte[] expected = File.ReadAllBytes(Fixtures.Path("video", name + ".rgb"));

        Assert.Equal((3, width, height), (video.Count, video.Width, video.Height));
        Assert.Equal(new FrameRate(30000, 1001), clip.Rate);
        Assert.Equal(expected.Length, clip.Bytes.Length);
        Assert.All(expected.Zip(clip.Bytes), pair => Assert.InRange(pair.First - pair.Second, -1, 1));
    }

    [Theory]
    [InlineData(ChromaSampling.Full, 2)]
    [InlineData(ChromaSampling.Half, 2)]
    [InlineData(ChromaSampling.Quarter, 2)]
    [InlineData(ChromaSampling.None, 0)]
    public void Write_BlocksOfOneColour_ComeBack(ChromaSampling sampling, int tolerance)
    {
        const int Width = 5;
        const int Height = 3;
        Random random = new(3);
        byte[] bytes = new byte[2 * Height * Width * 3];
        for (int i = 0; i < bytes.Length; i++)
        {
            int pixel = i / 3;
            int block = (pixel / Width % Height / 2 * Width) + (pixel % Width / 2) + (pixel / (Width * Height) * 100);
            bytes[i] = (byte)new Random((block * 3) + (sampling == ChromaSampling.None ? 0 : i % 3)).Next(256);
        }

        FrameRate rate = new(random.Next(1, 99), 7);
        using VideoSource video = SampleVideo.Open(SampleVideo.Encode(new(Width, Height, bytes, rate), sampling));
        VideoClip clip = video.Read(0, 2);

        Assert.Equal(rate, clip.Rate);
        Assert.All(bytes.Zip(clip.Bytes), pair => Assert.InRange(pair.First - pair.Second, -tolerance, tolerance));
    }

    [Theory]
    [InlineData("YUV4MPEG2 W2 H1", 1, "8 bytes follow the Y4M header, which are 0 frames of 10 and 8 more; the file is truncated")]
    [InlineData("YUV4MPEG W2 H1", 1, "the file does not begin with YUV4MPEG2; expected a Y4M video")]
    [InlineData("YUV4MPEG2 W2 Hx Cmono", 1, "the Y4M header has the size \"Hx\", expected H and a number")]
    [InlineData("YUV4MPEG2 W-2 H1 Cmono", 1, "the Y4M header has the size \"W-2\", expected W and a number")]
    [InlineData("YUV4MPEG2 W99999999999 H1", 1, "the Y4M header has the size \"W99999999999\", expected W and a number")]
    [InlineData("YUV4MPEG2 W2 Cmono", 1, "the video has 2 x 0 pixels, expected at least 1 x 1")]
    [InlineData("YUV4MPEG2 W2 H1 C420p10", 1, "the Y4M video has the colours \"C420p10\", expected C420, C420jpeg, C420mpeg2, C420paldv,")]
    [InlineData("YUV4MPEG2 W2 H1 It Cmono", 1, "the Y4M video is interlaced (\"It\"), expected whole frames (Ip)")]
    [InlineData("YUV4MPEG2 W40000 H1 Cmono", 1, "the video has 40000 x 1 pixels, more than the limit of 32767 a side or")]
    [InlineData(Header, 0, "the Y4M video has 0 frames, expected 1 to 2147483647")]
    public void Open_BadFile_IsRefusedInOneSentence(string header, int frames, string message)
    {
        byte[] bytes = SampleVideo.Grey(header, frames);

        FileFormatException error = Assert.Throws<FileFormatException>(() => SampleVideo.Open(bytes));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_TruncatedAnywhere_IsRefused()
    {
        byte[] whole = SampleVideo.Encode(SampleVideo.Clip(1, 2, 3), ChromaSampling.Quarter);

        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<FileFormatException>(() => SampleVideo.Open(whole[..length]));
        }
    }

    [Fact]
    public void Open_HeaderWithoutEnd_IsRefused() => Assert.Equal(
        "the Y4M header does not end within 256 bytes; the file is truncated or corrupt",
        Assert.Throws<FileFormatException>(() => SampleVideo.Open(SampleVideo.Grey(Header + new string(' ', 300), 1))).Message);

    [Fact]
    public void Read_FrameWithParameters_IsRefusedWhereItIs()
    {
        byte[] bytes = SampleVideo.Grey(Header, 3);
        bytes[^3] = (byte)' ';
        using VideoSource video = SampleVideo.Open(bytes);

        Assert.Equal(2, video.Read(0, 2).Count);
        Assert.StartsWith(
            "frame 2 does not begin with FRAME and the end of a line at byte 44",
            Assert.Throws<FileFormatException>(() => video.Read(2, 1)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ChosenFrames_AreThese()
    {
        using VideoSource video = SampleVideo.Open(SampleVideo.Grey(Header, 6));

        VideoClip clip = video.Read([1, 1, 3, 5, 5, 5]);

        Assert.Equal([1, 1, 3, 5, 5, 5], Enumerable.Range(0, 6).Select(frame => (int)clip.Frame(frame)[0]));
        Assert.Equal([5, 5, 5, 6, 6, 6], clip.ToPicture(4).Bytes);
    }

    [Fact]
    public void Read_FramesThatDoNotExistOrFall_AreRefused()
    {
        using VideoSource video = SampleVideo.Open(SampleVideo.Grey(Header, 6));

        Assert.Throws<ArgumentOutOfRangeException>(() => video.Read([6]));
        Assert.Throws<ArgumentOutOfRangeException>(() => video.Read([-1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => video.Read(4, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => video.Read(0, 0));
        Assert.Throws<ArgumentException>(() => video.Read([2, 1]));
        Assert.Throws<ArgumentException>(() => video.Read([]));
    }

    [Fact]
    public void Read_ClipOverTheLimit_IsRefused()
    {
        using VideoSource video = SampleVideo.Open(SampleVideo.Grey(Header, 6), new() { MaximumClipBytes = 12 });

        Assert.Equal(2, video.Read(0, 2).Count);
        Assert.Equal(
            "3 frames of 2 x 1 pixels are 18 bytes, more than the limit of 12; read fewer at a time",
            Assert.Throws<FileFormatException>(() => video.Read(0, 3)).Message);
    }

    [Fact]
    public void Read_MutatedFiles_AreReadOrRefused()
    {
        VideoClip clip = SampleVideo.Clip(2, 3, 5, new(25, 1));
        (int accepted, int refused) = Fuzzing.Run(
            [.. Enum.GetValues<ChromaSampling>().Select(sampling => SampleVideo.Encode(clip, sampling))],
            bytes =>
            {
                using VideoSource video = SampleVideo.Open(bytes, new() { MaximumClipBytes = 1 << 20 });
                Assert.Equal(1, video.Read(video.Count - 1, 1).Count);
            },
            Fuzzing.Count(3000),
            seed: 72);

        Assert.True(accepted > 0 && refused > 0, $"{accepted} accepted, {refused} refused");
    }
}
