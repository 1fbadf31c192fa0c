using NonLocal.Vision.Video;

namespace NonLocal.Vision.Tests.Video;

public class FrameSamplingTests
{
    [Fact]
    public void Clip_Numbers_AreAStrideApartAndEndWithTheVideo()
    {
        Assert.Equal([3, 5, 7], FrameSampling.Clip(count: 20, start: 3, frames: 3, stride: 2));
        Assert.Equal([3, 7, 9, 9], FrameSampling.Clip(count: 10, start: 3, frames: 4, stride: 4));
        Assert.Equal([0, 0], FrameSampling.Clip(count: 1, start: 0, frames: 2, stride: int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameSampling.Clip(count: 3, start: 3, frames: 1, stride: 1));
    }

    [Fact]
    public void EvenStarts_LongVideo_ReachFromStartToEnd()
    {
        // A clip spans 7 of 30 frames.
        Assert.Equal([0, 7, 15, 23], FrameSampling.EvenStarts(count: 30, clips: 4, frames: 4, stride: 2));
        Assert.Equal([11], FrameSampling.EvenStarts(count: 30, clips: 1, frames: 4, stride: 2));
        Assert.Equal([23, 25, 27, 29], FrameSampling.Clip(count: 30, start: 23, frames: 4, stride: 2));
    }

    [Fact]
    public void EvenStarts_ShortVideo_AreZero() =>
        Assert.Equal([0, 0, 0], FrameSampling.EvenStarts(count: 5, clips: 3, frames: 4, stride: 2));

    [Fact]
    public void RandomStart_AnyNumber_StaysInside()
    {
        Assert.Equal(0, FrameSampling.RandomStart(count: 30, frames: 4, stride: 2, uniform: 0));
        Assert.Equal(12, FrameSampling.RandomStart(count: 30, frames: 4, stride: 2, uniform: 0.5f));
        Assert.Equal(23, FrameSampling.RandomStart(count: 30, frames: 4, stride: 2, uniform: MathF.BitDecrement(1)));
        Assert.Equal(0, FrameSampling.RandomStart(count: 3, frames: 4, stride: 2, uniform: 0.9f));
    }

    [Theory]
    [InlineData("30000/1001", 30000, 1001)]
    [InlineData("25:1", 25, 1)]
    public void FrameRate_Fraction_IsRead(string text, int numerator, int denominator) =>
        Assert.Equal(new FrameRate(numerator, denominator), FrameRate.TryParse(text));

    [Theory]
    [InlineData("0:0")]
    [InlineData("25")]
    [InlineData(":1")]
    [InlineData("-25:1")]
    [InlineData("99999999999:1")]
    public void FrameRate_OtherText_IsNotKnown(string text) => Assert.Null(FrameRate.TryParse(text));

    [Fact]
    public void VideoClip_PartOfAFrame_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new VideoClip(2, 2, new byte[13]));
        Assert.Throws<ArgumentException>(() => new VideoClip(2, 2, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => new VideoClip(0, 2, new byte[12]));
    }
}
