using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Pictures;

public class PictureFitTests
{
    [Fact]
    public void Place_OfAResizedPicture_IsInProportion()
    {
        PictureFit fit = new(32, 16);
        Assert.Equal((0.25, 0.4), fit.Place(64, 20, 0, 0));
        Assert.Equal((32 - 0.25, 16 - 0.4), fit.Place(64, 20, 63, 19));
    }

    [Theory]
    [InlineData(40, 30)]
    [InlineData(9, 31)]
    public void Place_WhereTheMiddleIsCutOut_IsWhereThePixelIsSeen(int width, int height)
    {
        PictureFit fit = new(8, 8, ShorterSide: 9);
        for (int y = 0; y < height; y += 3)
        {
            for (int x = 0; x < width; x += 3)
            {
                Picture picture = new(width, height, 3);
                picture.Row(y).Slice(3 * x, 3).Fill(255);
                Picture seen = fit.Apply(picture);
                (double right, double down) = fit.Place(width, height, x, y);
                int brightest = Enumerable.Range(0, 64).MaxBy(pixel => seen.Bytes[3 * pixel]);
                if (seen.Bytes[3 * brightest] > 60)
                {
                    Assert.Equal(right, (brightest % 8) + 0.5, 0.51);
                    Assert.Equal(down, (brightest / 8) + 0.5, 0.51);
                }
            }
        }
    }

    [Fact]
    public void ToGrey_Colours_AreTheirMeans() =>
        Assert.Equal([2, 90], PictureTransform.ToGrey(new Picture(2, 1, 3, [1, 2, 3, 90, 0, 180])).Bytes);
}
