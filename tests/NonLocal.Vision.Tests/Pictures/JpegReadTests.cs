using NonLocal.Testing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Pictures;

public class JpegReadTests
{
    public static TheoryData<string> Kinds => [.. Fixtures.Names("*.jpg", "jpeg").Select(name => Path.GetFileNameWithoutExtension(name))];

    // The pictures beside the files are libjpeg's own decodings.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Read_Fixture_IsWithinTwoLevelsOfLibjpeg(string name)
    {
        Picture expected = Png.Read(Fixtures.Path("jpeg", name + ".png"));

        Picture picture = PictureFile.Read(Fixtures.Path("jpeg", name + ".jpg"));

        Assert.Equal((expected.Width, expected.Height, expected.Channels), (picture.Width, picture.Height, picture.Channels));
        int largest = picture.Bytes.Zip(expected.Bytes, (a, b) => Math.Abs(a - b)).Max();
        Assert.InRange(largest, 0, 2);
    }

    [Fact]
    public void Fixtures_CoverEveryKind()
    {
        Assert.Equal((4 * 8) + 3 + 3 + 2, Kinds.Count);
    }

    [Fact]
    public void ReadInfo_TurnedProgressivePictures_SaysWhatTheHeadersSay()
    {
        Assert.Equal(new JpegInfo(7, 13, 3, false, 6), Jpeg.ReadInfo(Fixtures.Path("jpeg", "444-7x13-turned.jpg")));
        Assert.Equal(new JpegInfo(45, 38, 1, true, 1), Jpeg.ReadInfo(Fixtures.Path("jpeg", "grey-45x38-progressive.jpg")));
    }

    [Fact]
    public void Read_ApplyingAQuarterTurn_PutsTheLeftColumnOnTop()
    {
        string path = Fixtures.Path("jpeg", "444-7x13-turned.jpg");
        Picture stored = Jpeg.Read(path);

        Picture turned = Jpeg.Read(path, applyOrientation: true);

        Assert.Equal((13, 7), (turned.Width, turned.Height));
        for (int x = 0; x < turned.Width; x++)
        {
            Assert.Equal(stored.Row(12 - x)[..3].ToArray(), turned.Row(0).Slice(3 * x, 3).ToArray());
        }
    }

    // Where the first pixel of the result lies in the stored picture, and whether rows became columns: EXIF 2.3, table 6.
    [Theory]
    [InlineData(1, 0, 0, false)]
    [InlineData(2, 6, 0, false)]
    [InlineData(3, 6, 12, false)]
    [InlineData(4, 0, 12, false)]
    [InlineData(5, 0, 0, true)]
    [InlineData(6, 0, 12, true)]
    [InlineData(7, 6, 12, true)]
    [InlineData(8, 6, 0, true)]
    public void Read_ApplyingOrientation_PutsTheRightCornerFirst(byte orientation, int column, int row, bool exchanged)
    {
        byte[] file = File.ReadAllBytes(Fixtures.Path("jpeg", "444-7x13-turned.jpg"));
        int entry = file.AsSpan().IndexOf([(byte)0x01, (byte)0x12, (byte)0, (byte)3]);
        file[entry + 9] = orientation;
        Picture stored = Jpeg.Read(new MemoryStream(file));

        Picture result = Jpeg.Read(new MemoryStream(file), applyOrientation: true);

        Assert.Equal(exchanged ? (13, 7) : (7, 13), (result.Width, result.Height));
        Assert.Equal(stored.Row(row).Slice(3 * column, 3).ToArray(), result.Row(0)[..3].ToArray());
        int step = column == 0 ? 1 : -1;
        int stepDown = row == 0 ? 1 : -1;
        (column, row) = exchanged ? (column, row + stepDown) : (column + step, row);
        Assert.Equal(stored.Row(row).Slice(3 * column, 3).ToArray(), result.Row(0).Slice(3, 3).ToArray());
    }
}
