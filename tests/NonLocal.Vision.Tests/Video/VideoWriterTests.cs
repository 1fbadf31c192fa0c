using NonLocal.Vision.Pictures;
using NonLocal.Vision.Processes;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Tests.Video;

/// <summary>A small shell script stands in for ffmpeg.</summary>
[Collection("child processes")]
public sealed class VideoWriterTests : IDisposable
{
    private static readonly VideoClip Clip = SampleVideo.Clip(3, 4, 6, new FrameRate(30000, 1001));

    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal").FullName;

    private static IEnumerable<Picture> Frames => Enumerable.Range(0, Clip.Count).Select(Clip.ToPicture);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Write_Y4M_IsTheFileOfTheClip()
    {
        VideoWriter.Write(At("film.y4m"), Frames, Clip.Rate);
        Assert.Equal(SampleVideo.Encode(Clip), File.ReadAllBytes(At("film.y4m")));
    }

    [Fact]
    public void Write_NameWithoutEnding_IsAFolderThatReadsTheSame()
    {
        VideoWriter.Write(At("film"), Frames, Clip.Rate);
        using VideoSource film = VideoFile.Open(At("film"));
        Assert.Equal(Clip.Bytes, film.Read(0, film.Count).Bytes);
        Assert.Contains(
            "exists already",
            Assert.Throws<IOException>(() => VideoWriter.Write(At("film"), Frames, null)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Write_OtherFormats_GiveFFmpegTheFramesAndItsFileTheName()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.WriteAllText(At("film.mp4"), "old");
        Encode("for last; do :; done; echo \"$@\" >\"${0%/*}/ran\"; cat >\"${last#file:}\"", Frames);
        Assert.Equal(Clip.Bytes, File.ReadAllBytes(At("film.mp4")));
        Assert.Contains("-s 6x4 -r 30000/1001 -i pipe:0", File.ReadAllText(At("ran")), StringComparison.Ordinal);
        Assert.Equal(["ffmpeg", "film.mp4", "ran"], Names());
    }

    [Theory]
    [InlineData("cat >/dev/null; echo no such encoder >&2; exit 1", "film.mp4: ffmpeg cannot write the video: no such encoder; nothing")]
    [InlineData("echo not a size >&2; exit 1", "film.mp4: ffmpeg cannot write the video: not a size; nothing was written")]
    public void Write_FFmpegFails_IsOneSentenceAndLeavesTheOldFile(string script, string message)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.WriteAllText(At("film.mp4"), "old");
        IOException error = Assert.Throws<IOException>(() => Encode(script, Frames));
        Assert.StartsWith(At(message), error.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(At("film.mp4")));
        Assert.Equal(["ffmpeg", "film.mp4"], Names());
    }

    [Theory]
    [InlineData("film.y4m")]
    [InlineData("film.mp4")]
    [InlineData("film")]
    public void Write_FramesThatFail_LeaveNothing(string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        ReadLimits limits = Stub("cat >/dev/null");
        Assert.Throws<ArgumentException>(() => VideoWriter.Write(At(name), [], null, limits));
        Assert.Throws<ArgumentException>(() => VideoWriter.Write(At(name), [new Picture(2, 2, 3), new Picture(2, 3, 3)], null, limits));
        Assert.Equal(["ffmpeg"], Names());
    }

    [Fact]
    public void Write_NoFFmpeg_SaysHowToGetIt()
    {
        ReadLimits limits = new() { FFmpeg = At("none") };
        ProgramMissingException error = Assert.Throws<ProgramMissingException>(
            () => VideoWriter.Write(At("film.mkv"), Frames, null, limits));
        Assert.Contains("install ffmpeg", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_PlaceOrFormatThatIsNone_IsRefused()
    {
        Assert.Contains(
            "no such folder",
            Assert.Throws<IOException>(() => VideoWriter.Write(At("none/film.mp4"), Frames, null)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            ".y4m, .mp4",
            Assert.Throws<ArgumentException>(() => VideoWriter.Write(At("film.xyz"), Frames, null)).Message,
            StringComparison.Ordinal);
    }

    private void Encode(string script, IEnumerable<Picture> frames) =>
        VideoWriter.Write(At("film.mp4"), frames, Clip.Rate, Stub(script));

    private ReadLimits Stub(string script)
    {
        File.WriteAllText(At("ffmpeg"), "#!/bin/sh\n" + script + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(At("ffmpeg"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return new() { FFmpeg = At("ffmpeg") };
    }

    private string[] Names() =>
        [.. Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private string At(string name) => Path.Combine(folder, name);
}
