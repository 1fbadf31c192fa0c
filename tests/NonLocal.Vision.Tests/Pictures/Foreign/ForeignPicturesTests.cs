using System.Text;
using NonLocal.Formats;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Processes;

namespace NonLocal.Vision.Tests.Pictures.Foreign;

[Collection("child processes")]
public sealed class ForeignPicturesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal").FullName;
    private readonly StandIn standIn;
    private readonly ReadLimits limits;

    public ForeignPicturesTests()
    {
        standIn = new(folder);
        limits = new() { FFmpeg = standIn.Program };
    }

    private ReadLimits WithoutFFmpeg => new() { FFmpeg = Path.Combine(folder, "no-such-program") };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Read_AnotherFormat_IsDecodedByFFmpegWhichNeverSeesTheName()
    {
        if (!StandIn.IsPossible)
        {
            return;
        }

        string path = Path.Combine(folder, "-i %03d http:x.ppm");
        File.WriteAllBytes(path, StandIn.Encode("hello"));

        Picture picture = PictureFile.Read(path, limits);

        Assert.Equal((2, 2, 3), (picture.Width, picture.Height, picture.Channels));
        Assert.Equal("hello.......", Encoding.ASCII.GetString(picture.Bytes));
        string run = Assert.Single(standIn.Runs);
        Assert.DoesNotContain("%03d", run, StringComparison.Ordinal);
        Assert.Contains(" -nostdin ", run, StringComparison.Ordinal);
        Assert.Contains(" -protocol_whitelist file,pipe -threads 1 -max_pixels 4356 -f ppm_pipe -i /", run, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.GetDirectoryName(run.Split(' ')[^1])), "the temporary folder is still there");
    }

    [Fact]
    public void ReadMany_ManyPictures_ShareProcesses()
    {
        if (!StandIn.IsPossible)
        {
            return;
        }

        PictureSet set = WriteSet(Enumerable.Range(0, 70).Select(i => $"picture {i}"));

        AssertShades(set, bad: []);
        Assert.Equal(2, standIn.Runs.Length);
    }

    [Fact]
    public void ReadMany_BadPictures_AreNamedWithFFmpegsWordsAndShiftNone()
    {
        if (!StandIn.IsPossible)
        {
            return;
        }

        string[] texts = [.. Enumerable.Range(0, 20).Select(i => $"picture {i}")];
        (texts[2], texts[9], texts[10], texts[15], texts[19]) = ("SHORT", "CORRUPT", "EMPTY", "GRUMBLE", "SILENT");

        string[] problems = AssertShades(WriteSet(texts), bad: [2, 9, 10, 15, 19]);

        Assert.EndsWith(
            ": ffmpeg makes 5 bytes of the PPM picture, expected 12 for 2 x 2 pixels; the file is corrupt",
            problems[0],
            StringComparison.Ordinal);
        Assert.EndsWith(
            ": ffmpeg cannot decode the PPM picture: [ppm] nonsense; the picture: Invalid data", problems[1], StringComparison.Ordinal);
        Assert.Contains(": ffmpeg makes 0 bytes", problems[2], StringComparison.Ordinal);
        Assert.EndsWith(": [ppm] something is missing", problems[3], StringComparison.Ordinal);
        Assert.EndsWith(": it ends with exit code 69 and says nothing, as for truncated files", problems[4], StringComparison.Ordinal);
        Assert.True(standIn.Runs.Length < 40, $"{standIn.Runs.Length} processes");
    }

    [Fact]
    public void ReadMany_InAnArchive_IsTheSame()
    {
        if (!StandIn.IsPossible)
        {
            return;
        }

        WriteSet(["picture 0", "CORRUPT", "picture 2"]);
        string tar = Path.Combine(folder, "set.tar");
        System.Formats.Tar.TarFile.CreateFromDirectory(Path.Combine(folder, "set"), tar, includeBaseDirectory: true);

        AssertShades(PictureSet.Open(tar, limits), bad: [1]);
    }

    [Fact]
    public void Read_ProgramThatHangs_IsKilled()
    {
        if (!StandIn.IsPossible)
        {
            return;
        }

        ReadLimits hasty = limits with { MaximumTime = TimeSpan.FromMilliseconds(50) };

        IOException error = Assert.Throws<IOException>(() => PictureFile.Read(new MemoryStream(StandIn.Encode("HANG")), hasty));

        Assert.Equal("ffmpeg did not decode the PPM picture within 0.05 s", error.Message);
    }

    [Fact]
    public void Read_WithoutFFmpeg_SaysWhatToInstall()
    {
        ProgramMissingException error = Assert.Throws<ProgramMissingException>(
            () => PictureFile.Read(new MemoryStream(StandIn.Encode("hello")), WithoutFFmpeg));

        Assert.Contains("install ffmpeg (apt install ffmpeg", error.Message, StringComparison.Ordinal);
        Assert.Contains("PNG and JPEG need nothing", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Read_OverALimit_StartsNothing()
    {
        FileFormatException error = Assert.Throws<FileFormatException>(
            () => PictureFile.Read(new MemoryStream("P6\n40000 2\n255\n"u8.ToArray()), WithoutFFmpeg));

        Assert.Contains("40000 x 2 pixels, more than the limit", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_CacheWithoutFFmpeg_RemembersNoBadPicture()
    {
        if (!StandIn.IsPossible)
        {
            return;
        }

        WriteSet(["picture 0", "CORRUPT", "picture 2"]);
        string path = Path.Combine(folder, "set");
        string cache = Path.Combine(folder, "cache");
        Assert.Throws<ProgramMissingException>(() => DatasetCheck.Verify(PictureSet.Open(path, WithoutFFmpeg)));
        Assert.Throws<ProgramMissingException>(() => PictureCache.Open(path, new(2, 2), cache, limits: WithoutFFmpeg));

        PictureSet cached = PictureCache.Open(path, new(2, 2), cache, limits: limits);

        Assert.Equal([1], cached.Problems.Select(problem => problem.Index));
        Assert.Equal("picture 2...", Encoding.ASCII.GetString(cached.Read(2).Bytes));
    }

    private PictureSet WriteSet(IEnumerable<string> texts)
    {
        string path = Path.Combine(folder, "set", "class");
        Directory.CreateDirectory(path);
        foreach ((int index, string text) in texts.Index())
        {
            File.WriteAllBytes(Path.Combine(path, $"{index:000}.ppm"), StandIn.Encode(text));
        }

        return PictureSet.Open(Path.Combine(folder, "set"), limits);
    }

    // Every picture but the bad ones shows its own number; gives what is wrong with the bad ones.
    private static string[] AssertShades(PictureSet set, int[] bad)
    {
        PictureResult[] results = [.. set.ReadMany(0, set.Count).OrderBy(result => result.Index)];
        Assert.Equal(Enumerable.Range(0, set.Count), results.Select(result => result.Index));
        Assert.Equal(bad, results.Where(result => result.Problem is not null).Select(result => result.Index));
        foreach ((int index, Picture? picture, IOException? problem) in results)
        {
            if (problem is null)
            {
                Assert.Equal($"picture {index}".PadRight(12, '.'), Encoding.ASCII.GetString(picture!.Bytes));
            }
            else
            {
                Assert.StartsWith(set.Source(index) + ": ", problem.Message, StringComparison.Ordinal);
            }
        }

        return [.. results.Select(result => result.Problem?.Message).OfType<string>()];
    }
}
