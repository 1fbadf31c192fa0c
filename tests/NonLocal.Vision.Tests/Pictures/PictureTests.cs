using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Pictures;

public class PictureTests
{
    [Fact]
    public void Row_IsAWindowOnTheBytes()
    {
        Picture picture = new(2, 3, 2);

        picture.Row(1)[3] = 9;

        Assert.Equal(9, picture.Bytes[7]);
        Assert.Equal(4, picture.Row(2).Length);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    [InlineData(1, 1, 5)]
    public void Constructor_SizeThatIsNone_Throws(int width, int height, int channels)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Picture(width, height, channels));
    }

    [Fact]
    public void Constructor_BytesOfAnotherLength_Throws()
    {
        Assert.Throws<ArgumentException>(() => new Picture(2, 2, 3, new byte[11]));
    }
}
