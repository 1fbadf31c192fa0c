using System.Text.Json;
using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Cli.Tests;

public sealed class DenoiseTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal-denoise-").FullName;

    public DenoiseTests()
    {
        Picture clean = new(48, 40, 1);
        Picture noisy = new(48, 40, 1);
        float[] noise = new float[48 * 40];
        new RandomStream(3, 0).Normal(noise);
        for (int i = 0; i < noise.Length; i++)
        {
            clean.Bytes[i] = (byte)(i % 48 < 24 ? 80 : 170);
            noisy.Bytes[i] = (byte)(clean.Bytes[i] + MathF.Round(10 * noise[i]));
        }

        Png.Write(At("clean.png"), clean);
        Png.Write(At("noisy.png"), noisy);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Denoise_WithReference_EstimatesTheNoiseAndComesCloser()
    {
        CommandRun run = CommandRun.Of("denoise", At("noisy.png"), At("out.png"), "--reference", At("clean.png"), "--json");
        Assert.Equal("", run.Error);
        JsonElement result = run.Json();
        Assert.InRange(result.GetProperty("sigma").GetDouble(), 8, 12);
        Assert.True(Of(result, "after", "psnr") > Of(result, "before", "psnr") + 6);
        Assert.True(Of(result, "after", "ssim") > Of(result, "before", "ssim"));
        Assert.Equal((48, 40, 1), (Png.Read(At("out.png")).Width, Png.Read(At("out.png")).Height, Png.Read(At("out.png")).Channels));
    }

    [Fact]
    public void Denoise_Options_AreThoseThatAreUsed()
    {
        CommandRun run = CommandRun.Of(
            "denoise", At("noisy.png"), At("out.png"), "--sigma", "9", "--h", "4.5", "--patch", "2", "--search", "3", "--json");
        JsonElement result = run.Json();
        Assert.Equal(9, result.GetProperty("sigma").GetDouble());
        Assert.Equal(4.5, result.GetProperty("h").GetDouble());
        Assert.Equal(2, result.GetProperty("patch_radius").GetInt32());
        Assert.Equal(3, result.GetProperty("search_radius").GetInt32());
        Assert.False(result.TryGetProperty("after", out _));
    }

    [Fact]
    public void Denoise_Pixelwise_GivesAnotherPicture()
    {
        CommandRun.Of("denoise", At("noisy.png"), At("patches.png"));
        CommandRun run = CommandRun.Of("denoise", At("noisy.png"), At("pixels.png"), "--pixelwise");
        Assert.Contains("pixels.png: noise ", run.Output, StringComparison.Ordinal);
        Assert.NotEqual(Png.Read(At("patches.png")).Bytes, Png.Read(At("pixels.png")).Bytes);
    }

    [Fact]
    public void Denoise_DarkPicture_StaysDarkUnlessUnclipped()
    {
        Picture clean = new(48, 40, 1);
        Picture noisy = new(48, 40, 1);
        float[] noise = new float[48 * 40];
        new RandomStream(4, 0).Normal(noise);
        for (int i = 0; i < noise.Length; i++)
        {
            clean.Bytes[i] = 5;
            noisy.Bytes[i] = byte.CreateSaturating(5 + MathF.Round(30 * noise[i]));
        }

        Png.Write(At("clean.png"), clean);
        Png.Write(At("noisy.png"), noisy);
        string[] command = ["denoise", At("noisy.png"), At("out.png"), "--sigma", "30", "--reference", At("clean.png"), "--json"];
        double usual = Of(CommandRun.Of(command).Json(), "after", "psnr");
        double unclipped = Of(CommandRun.Of([.. command, "--unclipped"]).Json(), "after", "psnr");
        Assert.True(usual > unclipped + 8, $"{usual} dB, {unclipped} dB unclipped");
    }

    [Theory]
    [InlineData("no_such.png", "out.png", "--sigma", "5", "no_such.png")]
    [InlineData("noisy.png", "out.jpg", "--sigma", "5", ".png")]
    [InlineData("noisy.png", "out.png", "--sigma", "many", "expected auto")]
    [InlineData("noisy.png", "out.png", "--h", "0", "--h is 0")]
    [InlineData("noisy.png", "out.png", "--patch", "51", "--patch is 51")]
    [InlineData("noisy.png", "out.png", "--search", "-1", "--search is -1")]
    public void Denoise_BadInput_IsRefusedAndNothingIsWritten(string input, string output, string option, string value, string expected)
    {
        CommandRun.Of("denoise", At(input), At(output), option, value).Refused(expected);
        Assert.False(File.Exists(At(output)));
    }

    [Fact]
    public void Denoise_ReferenceOfAnotherSize_IsRefused()
    {
        Png.Write(At("small.png"), new Picture(4, 5, 3));
        CommandRun.Of("denoise", At("noisy.png"), At("out.png"), "--reference", At("small.png"))
            .Refused("4 x 5 colour, expected 48 x 40 grey");
        Assert.False(File.Exists(At("out.png")));
    }

    [Fact]
    public void Denoise_Video_SearchesFramesAndComparesAll()
    {
        WriteFilm("noisy.y4m", 10);
        WriteFilm("clean.y4m", 0);
        CommandRun run = CommandRun.Of("denoise", At("noisy.y4m"), At("out.y4m"), "--reference", At("clean.y4m"), "--json");
        Assert.Equal("", run.Error);
        JsonElement alone = CommandRun.Of(
            "denoise", At("noisy.y4m"), At("alone.y4m"), "--reference", At("clean.y4m"), "--frames", "0", "--json").Json();
        Assert.Equal(4, run.Json().GetProperty("frames").GetInt32());
        Assert.InRange(run.Json().GetProperty("sigma").GetDouble(), 7, 12);
        Assert.True(Of(run.Json(), "after", "psnr") > Of(run.Json(), "before", "psnr") + 6);
        Assert.True(Of(run.Json(), "after", "psnr") > Of(alone, "after", "psnr"));
        using VideoSource denoised = VideoFile.Open(At("out.y4m"));
        Assert.Equal((4, 20, 16, new FrameRate(10, 1)), (denoised.Count, denoised.Width, denoised.Height, denoised.Rate));
    }

    [Fact]
    public void Denoise_VideoIntoFolder_IsANewFolderOfFrames()
    {
        WriteFilm("noisy.y4m", 10);
        CommandRun run = CommandRun.Of("denoise", At("noisy.y4m"), At("frames"), "--search", "2");
        Assert.Contains("frames: noise ", run.Output, StringComparison.Ordinal);
        Assert.Contains(", 4 frames", run.Output, StringComparison.Ordinal);
        Assert.Equal(4, Directory.GetFiles(At("frames")).Length);
        CommandRun.Of("denoise", At("noisy.y4m"), At("frames")).Refused("exists already");
    }

    [Theory]
    [InlineData("noisy.y4m", "out.avi", "--sigma", "5", ".png for a picture")]
    [InlineData("noisy.y4m", "out.y4m", "--frames", "17", "--frames is 17")]
    [InlineData("noisy.y4m", "out.y4m", "--reference", "short.y4m", "is 2 frames of 20 x 16, expected 4 frames of 20 x 16")]
    [InlineData("noisy.y4m", "none/out.y4m", "--sigma", "5", "no such folder")]
    [InlineData("noisy.png", "out.png", "--frames", "1", "--frames is for videos")]
    public void Denoise_BadVideo_IsRefusedAndNothingIsWritten(string input, string output, string option, string value, string expected)
    {
        WriteFilm("noisy.y4m", 10);
        WriteFilm("short.y4m", 10, 2);
        string given = option == "--reference" ? At(value) : value;
        CommandRun.Of("denoise", At(input), At(output), option, given).Refused(expected);
        Assert.False(File.Exists(At(output)));
    }

    // A still of two halves and noise.
    private void WriteFilm(string name, double sigma, int frames = 4)
    {
        float[] noise = new float[frames * 20 * 16 * 3];
        new RandomStream(5, 0).Normal(noise);
        byte[] samples = new byte[noise.Length];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = (byte)((i / 3 % 20 < 10 ? 80 : 170) + MathF.Round((float)sigma * noise[i]));
        }

        Y4M.Write(At(name), new VideoClip(20, 16, samples, new FrameRate(10, 1)));
    }

    private string At(string name) => Path.Combine(folder, name);

    private static double Of(JsonElement result, string picture, string measure) =>
        result.GetProperty(picture).GetProperty(measure).GetDouble();
}
