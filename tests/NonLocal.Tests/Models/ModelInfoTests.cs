using NonLocal.Models;

namespace NonLocal.Tests.Models;

public class ModelInfoTests
{
    private static readonly ModelInfo Plain = new("resnet18", 224, 224, ModelInfo.ImageNetMean, ModelInfo.ImageNetDeviation, [], 256);

    [Fact]
    public void WithMetadata_OfToMetadata_BringsEverythingBack()
    {
        ModelInfo own = new("resnet18", 48, 64, [0.5f, 0.25f, 0.1f], [1, 2, 3], ["fish \"x\"", "dog"]);
        ModelInfo back = Plain.WithMetadata(own.ToMetadata().ToDictionary(), 2);
        Assert.Equal((48, 64, null), (back.Height, back.Width, back.ShorterSide));
        Assert.Equal(own.Mean, back.Mean);
        Assert.Equal(own.Deviation, back.Deviation);
        Assert.Equal(own.Labels, back.Labels);
    }

    [Fact]
    public void WithMetadata_OfAClip_BringsItsFramesBackOrChangesNothing()
    {
        ModelInfo clip = Plain with { Clip = new ClipInfo(8, 8) };
        ModelInfo own = clip with { Clip = new ClipInfo(12, 3, NormalizeEach: true) };
        Assert.Equal(own.Clip, clip.WithMetadata(own.ToMetadata().ToDictionary(), 2).Clip);
        Assert.Equal(clip, clip.WithMetadata((own with { Clip = new ClipInfo(0, 3) }).ToMetadata().ToDictionary(), 2));
        Assert.Equal(clip, clip.WithMetadata(Plain.ToMetadata().ToDictionary(), 2));
    }

    [Theory]
    [InlineData("nonlocal.labels", "[\"a\"]")]
    [InlineData("nonlocal.labels", "[1, 2]")]
    [InlineData("nonlocal.labels", "nonsense")]
    [InlineData("nonlocal.input", "{}")]
    [InlineData("nonlocal.input", "{\"height\":-1,\"width\":1,\"mean\":[0,0,0],\"deviation\":[1,1,1]}")]
    [InlineData("nonlocal.input", "{\"height\":1,\"width\":1,\"mean\":[0],\"deviation\":[1,1,1]}")]
    [InlineData("nonlocal.input", "{\"height\":1,\"width\":1,\"mean\":[0,0,0],\"deviation\":[1,0,1]}")]
    public void WithMetadata_UnusableText_ChangesNothing(string key, string text) =>
        Assert.Equal(Plain, Plain.WithMetadata(new Dictionary<string, string> { [key] = text }, 2));
}
