using System.Text.Json;
using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Pictures;

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

    private string At(string name) => Path.Combine(folder, name);

    private static double Of(JsonElement result, string picture, string measure) =>
        result.GetProperty(picture).GetProperty(measure).GetDouble();
}
