using System.Globalization;
using NonLocal.Testing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Pictures;

public class PictureTransformTests
{
    public static TheoryData<string> Sizes => [.. Fixtures.Names("*.raw", "resize").Select(name => Path.GetFileNameWithoutExtension(name))];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Resize_Fixture_GivesThePixelsOfPillow(string size)
    {
        int[] sides = [.. size.Split('x').Select(side => int.Parse(side, CultureInfo.InvariantCulture))];

        Picture result = PictureTransform.Resize(Pattern(17, 11, 3), sides[0], sides[1]);

        Assert.Equal((sides[0], sides[1], 3), (result.Width, result.Height, result.Channels));
        Assert.Equal(File.ReadAllBytes(Fixtures.Path("resize", size + ".raw")), result.Bytes);
    }

    [Fact]
    public void Resize_ConstantPicture_StaysConstant()
    {
        Picture picture = new(23, 31, 1);
        picture.Bytes.AsSpan().Fill(201);

        for (int side = 1; side < 60; side += 7)
        {
            Assert.All(PictureTransform.Resize(picture, side, 60 - side).Bytes, value => Assert.Equal(201, value));
        }
    }

    [Theory]
    [InlineData(500, 375, 256, 341, 256)]
    [InlineData(375, 500, 256, 256, 341)]
    [InlineData(300, 300, 7, 7, 7)]
    [InlineData(3, 1000, 1, 1, 333)]
    public void ResizeShorterSide_RoundsTheLongerSideDown(int width, int height, int side, int expectedWidth, int expectedHeight)
    {
        Picture result = PictureTransform.ResizeShorterSide(new Picture(width, height, 1), side);

        Assert.Equal((expectedWidth, expectedHeight), (result.Width, result.Height));
    }

    [Theory]
    [InlineData(7, 4, 2, 1, new byte[] { 16, 17 })]
    [InlineData(5, 3, 2, 2, new byte[] { 2, 3, 7, 8 })]
    [InlineData(4, 4, 4, 1, new byte[] { 8, 9, 10, 11 })]
    public void CenterCrop_OddMargin_RoundsHalfAPixelToEven(int width, int height, int cropWidth, int cropHeight, byte[] expected)
    {
        Picture picture = new(width, height, 1, [.. Enumerable.Range(0, width * height).Select(i => (byte)i)]);

        Assert.Equal(expected, PictureTransform.CenterCrop(picture, cropWidth, cropHeight).Bytes);
    }

    [Fact]
    public void CenterCrop_LargerThanThePicture_GetsABlackBorder()
    {
        Picture picture = new(2, 1, 2, [1, 2, 3, 4]);

        Picture result = PictureTransform.CenterCrop(picture, 5, 2);

        Assert.Equal([0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], result.Bytes);
    }

    [Fact]
    public void ToRgb_RepeatsGreyAndDropsAlpha()
    {
        Assert.Equal([7, 7, 7, 9, 9, 9], PictureTransform.ToRgb(new Picture(2, 1, 1, [7, 9])).Bytes);
        Assert.Equal([7, 7, 7, 9, 9, 9], PictureTransform.ToRgb(new Picture(2, 1, 2, [7, 0, 9, 128])).Bytes);
        Assert.Equal([1, 2, 3, 5, 6, 7], PictureTransform.ToRgb(new Picture(2, 1, 4, [1, 2, 3, 0, 5, 6, 7, 255])).Bytes);
        Picture rgb = new(1, 1, 3);
        Assert.Same(rgb, PictureTransform.ToRgb(rgb));
    }

    [Fact]
    public void Normalize_TakesMeanAndDeviationOfEachChannel()
    {
        Picture picture = new(2, 1, 3, [0, 51, 255, 102, 255, 0]);

        float[] result = PictureTransform.Normalize(picture, [0.5f, 0.2f, 0.25f], [0.5f, 0.25f, 2f]);

        Assert.Equal([-1f, 0f, 0.375f, ((102 / 255f) - 0.5f) / 0.5f, (1f - 0.2f) / 0.25f, -0.125f], result);
    }

    [Fact]
    public void Normalize_OtherNumberOfMeans_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => PictureTransform.Normalize(new Picture(1, 1, 4), [0, 0, 0], [1, 1, 1]));
        Assert.Throws<ArgumentException>(() => PictureTransform.Normalize(new Picture(1, 1, 3), [0, 0, 0], [1]));
    }

    // The picture that the fixtures were made from.
    private static Picture Pattern(int width, int height, int channels)
    {
        IEnumerable<byte> bytes = Enumerable.Range(0, width * height * channels).Select(i => (byte)(((i * i * 31) + (i * 17)) >> 3));
        return new(width, height, channels, [.. bytes]);
    }
}
