using NonLocal.Formats;
using NonLocal.Vision.Processes;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Tests.Video;

/// <summary>Small shell scripts stand in for ffprobe and ffmpeg.</summary>
[Collection("child processes")]
public sealed class FFmpegVideoTests : IDisposable
{
    private const string Answer = """
        {"packets":[{"pts_time":"1.0","flags":"K_"},{"pts_time":"1.8","flags":"__"},{"pts_time":"1.4","flags":"__"},
         {"pts_time":"0.6","flags":"_D"}],
         "streams":[{"width":2,"height":1,"avg_frame_rate":"5/2","nb_frames":"4"}],"format":{"start_time":"1.0"}}
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal").FullName;

    private string Ran => File.ReadAllText(Path.Combine(folder, "ran"));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Read_Frames_AreSoughtByTimeAndTheNameIsNoOption()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using VideoSource video = Open("cat \"$0.answer\"", "printf 123456abcdef");
        VideoClip clip = video.Read([1, 2, 2]);

        Assert.Equal((3, 2, 1, new FrameRate(5, 2)), (video.Count, video.Width, video.Height, video.Rate));
        Assert.Equal("123456abcdefabcdef"u8, clip.Bytes);
        Assert.Contains(" -xerror -ss 0.200000 ", Ran, StringComparison.Ordinal);
        Assert.Contains($" -i file:{folder}/-i.mp4 ", Ran, StringComparison.Ordinal);
        Assert.Contains(" -vf select='between(n,0,1)',scale=2:1:", Ran, StringComparison.Ordinal);
        Assert.Contains(" -protocol_whitelist file,pipe -format_whitelist mov,", Ran, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("printf 12345", "ffmpeg gives 5 bytes of 1 frames from frame 0, expected 6: it ends with exit code 0 and says nothing")]
    [InlineData("printf 1234567", "ffmpeg gives more than 6 bytes of 1 frames from frame 0, expected 6: ")]
    [InlineData("printf 123456; echo broken >&2; exit 3", "ffmpeg gives 6 bytes of 1 frames from frame 0, expected 6: broken")]
    public void Read_ProgramThatMisbehaves_IsOneSentence(string script, string message)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using VideoSource video = Open("cat \"$0.answer\"", script);

        Assert.StartsWith(
            $"{folder}/-i.mp4: {message}",
            Assert.Throws<FileFormatException>(() => video.Read(0, 1)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo \"${0%/*}: moov atom not found\" >&2; exit 1", "ffprobe cannot read the video: ")]
    [InlineData("cat \"$0.answer\"; echo partial file >&2", "ffprobe cannot read the video: partial file")]
    [InlineData("echo '{\"streams\":[]}'", "the file holds no video, expected frames")]
    [InlineData("echo '{\"streams\":[{\"width\":2,\"height\":1}],\"packets\":[]}'", "the video has no frames, expected at least one")]
    [InlineData("sed s/nb_frames.:.4/nb_frames\\\":\\\"9/ \"$0.answer\"", "the video holds 4 of the 9 frames that it promises; the")]
    [InlineData("sed s/width.:2/width\\\":99999/ \"$0.answer\"", "the video has 99999 x 1 pixels, more than the limit of 32767 a side")]
    [InlineData("echo nonsense", "ffprobe's answer cannot be understood (")]
    public void Open_BadFile_IsOneSentence(string script, string message)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Assert.StartsWith(
            $"{folder}/-i.mp4: {message}",
            Assert.Throws<FileFormatException>(() => Open(script, "exit 0")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ProgramThatHangs_IsKilled()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Assert.EndsWith(
            "ffprobe did not list the video's frames within 0.05 s",
            Assert.Throws<IOException>(() => Open("exec sleep 1000", "exit 0", TimeSpan.FromMilliseconds(50))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WithoutFFprobe_SaysWhatToInstall()
    {
        string path = Path.Combine(folder, "video.mp4");
        File.WriteAllText(path, "a video");

        ProgramMissingException error = Assert.Throws<ProgramMissingException>(
            () => VideoFile.Open(path, new() { FFprobe = Path.Combine(folder, "none") }));

        Assert.Contains("install ffmpeg (apt install ffmpeg", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_TurnedVideo_HasItsSidesExchanged()
    {
        VideoProbe probe = VideoProbe.Parse("""
            {"packets":[{"flags":"K_"}],"streams":[{"width":2,"height":1,"side_data_list":[{"rotation":-90}]}]}
            """u8.ToArray());

        Assert.Equal((1, 2, 1, 0), (probe.Width, probe.Height, probe.Count, probe.Times.Length));
        Assert.Equal((0, null), probe.SeekBefore(0));
    }

    private VideoSource Open(string probe, string decode, TimeSpan? limit = null)
    {
        string path = Path.Combine(folder, "-i.mp4");
        File.WriteAllText(path, "a video");
        return VideoFile.Open(path, new()
        {
            FFprobe = Script("probe", probe),
            FFmpeg = Script("decode", $"echo \"$*\" > \"${{0%/*}}/ran\"; {decode}"),
            MaximumTime = limit ?? TimeSpan.FromMinutes(1),
        });
    }

    private string Script(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, "#!/bin/sh\n" + text + "\n");
        File.WriteAllText(path + ".answer", Answer);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }
}
