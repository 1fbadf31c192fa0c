using NonLocal.Formats;
using NonLocal.Testing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Pictures;

public class JpegHostileTests
{
    private const int FrameMarker = 0xC0;

    [Theory]
    [InlineData(0xC3, "lossless")]
    [InlineData(0xC5, "hierarchical")]
    [InlineData(0xC9, "arithmetic")]
    [InlineData(0xCB, "lossless arithmetic")]
    public void Read_OtherKinds_AreRefusedByName(byte marker, string name)
    {
        byte[] file = Sample();
        file[Frame(file) + 1] = marker;

        Assert.Contains(name, Refused(file).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TwelveBits_IsRefused()
    {
        byte[] file = Sample();
        file[Frame(file) + 4] = 12;

        Assert.Contains("12 bits", Refused(file).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SmallFileThatClaimsMuch_IsRefusedBeforeMemoryIsTaken()
    {
        byte[] file = Sample();
        int frame = Frame(file);
        (file[frame + 5], file[frame + 6], file[frame + 7], file[frame + 8]) = (0x60, 0, 0x60, 0);
        ReadLimits wide = new() { MaximumPixels = 1L << 40 };
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Contains("more than the limit", Refused(file).Message, StringComparison.Ordinal);
        string message = Assert.Throws<FileFormatException>(() => Jpeg.Read(new MemoryStream(file), wide)).Message;

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Contains("bytes left can hold", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OverALimit_IsRefused()
    {
        byte[] file = Sample();

        Assert.Throws<FileFormatException>(() => Jpeg.Read(new MemoryStream(file), new ReadLimits { MaximumPixels = (17 * 9) - 1 }));
        Assert.Throws<FileFormatException>(() => Jpeg.Read(new MemoryStream(file), new ReadLimits { MaximumSide = 16 }));
        Assert.Throws<FileFormatException>(() => Jpeg.Read(new MemoryStream(file), new ReadLimits { MaximumFileBytes = file.Length - 1 }));
    }

    [Theory]
    [InlineData("420-17x9")]
    [InlineData("420-17x9-progressive")]
    public void Read_EveryTruncation_IsRefused(string name)
    {
        byte[] file = File.ReadAllBytes(Fixtures.Path("jpeg", name + ".jpg"));
        for (int length = 0; length < file.Length; length++)
        {
            Refused(file[..length]);
        }
    }

    [Fact]
    public void Read_AScanTwice_IsRefused()
    {
        byte[] file = File.ReadAllBytes(Fixtures.Path("jpeg", "grey-7x13-progressive.jpg"));
        int scan = file.AsSpan().IndexOf([(byte)0xFF, (byte)0xDA]);
        byte[] end = file[^2..];
        byte[] again = [.. file[..scan], .. file[scan..^2], .. file[scan..^2], .. end];

        Assert.Contains("do not follow", Refused(again).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NeitherPngNorJpeg_IsRefused()
    {
        Assert.Throws<FileFormatException>(() => PictureFile.Read(new MemoryStream("GIF89a"u8.ToArray())));
        Assert.Throws<FileFormatException>(() => PictureFile.Read(new MemoryStream([])));
    }

    [Fact]
    public void Read_MutatedFiles_AreReadOrRefused()
    {
        byte[][] corpus = [.. Fixtures.Names("*.jpg", "jpeg").Select(name => File.ReadAllBytes(Fixtures.Path("jpeg", name)))];

        (int accepted, int refused) = Fuzzing.Run(
            corpus,
            bytes => PictureFile.Read(new MemoryStream(bytes), applyOrientation: true),
            Fuzzing.Count(4000),
            seed: 21);

        Assert.True(accepted > 0 && refused > 0, $"{accepted} accepted, {refused} refused");
    }

    private static byte[] Sample() => File.ReadAllBytes(Fixtures.Path("jpeg", "444-17x9.jpg"));

    private static int Frame(byte[] file) => file.AsSpan().IndexOf([(byte)0xFF, (byte)FrameMarker]);

    private static FileFormatException Refused(byte[] file) =>
        Assert.Throws<FileFormatException>(() => Jpeg.Read(new MemoryStream(file)));
}
