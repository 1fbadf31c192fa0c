using System.Text;
using NonLocal.Formats;
using NonLocal.Testing;
using NonLocal.Vision.Pictures.Foreign;

namespace NonLocal.Vision.Tests.Pictures.Foreign;

public class ForeignHeaderTests
{
    private static readonly ReadLimits Small = new() { MaximumSide = 40, MaximumPixels = 1000 };

    // 33 x 21 pixels each; the beginnings of BMP, GIF and WebP as ffmpeg 5.1 wrote them.
    private static readonly Dictionary<string, byte[]> Headers = new()
    {
        ["BMP"] = Convert.FromHexString("424d6a08000000000000360000002800000021000000150000000100180000000000"),
        ["BMP upside down"] = Convert.FromHexString("424d6a080000000000003600000028000000210000" + "00ebffffff0100180000000000"),
        ["BMP of OS/2"] = Convert.FromHexString("424d6a08000000000000360000000c000000210015000100180000000000"),
        ["GIF"] = Convert.FromHexString("47494638396121001500f70000"),
        ["WebP lossy"] = Convert.FromHexString("524946461c0200005745425056503820100200003011009d012a2100150000000000"),
        ["WebP lossless"] = Convert.FromHexString("524946465a010000574542505650384c4d0100002f2000050000000000"),
        ["WebP extended"] = Convert.FromHexString("52494646fa0100005745425056503858" + "0a000000100000002000001400000000"),
        ["TIFF"] = Convert.FromHexString("49492a0008000000" + "0200" + "000103000100000021000000" + "010104000100000015000000"),
        ["TIFF big-endian"] = Convert.FromHexString("4d4d002a00000008" + "0002" + "010000030000000100210000" + "010100040000000100000015"),
        ["PBM"] = Encoding.ASCII.GetBytes("P4 33 21\n"),
        ["PGM"] = Encoding.ASCII.GetBytes("P2\n# a comment\n33\t# and another\n\r\n21\n255\n"),
        ["PPM"] = Encoding.ASCII.GetBytes("P6\n33 21\n255\n"),
        ["PAM"] = Encoding.ASCII.GetBytes("P7\nWIDTH 33\nHEIGHT 21\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n"),
    };

    public static TheoryData<string> Names => [.. Headers.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void TryParse_EveryFormat_GivesItsSize(string name)
    {
        ForeignHeader header = ForeignHeader.TryParse(Headers[name], ReadLimits.Default)!.Value;

        Assert.Equal((name.Split(' ')[0], 33, 21), (header.Format, header.Width, header.Height));
        Assert.StartsWith(header.Format, header.Demuxer, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TryParse_CutOffAnywhere_IsOneSentenceOrNoPicture(string name)
    {
        byte[] whole = Headers[name];
        for (int length = 0; length < whole.Length; length++)
        {
            try
            {
                ForeignHeader.TryParse(whole.AsSpan(0, length), ReadLimits.Default);
            }
            catch (FileFormatException error)
            {
                Assert.DoesNotContain('\n', error.Message);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TryParse_OverALimit_IsRefused(string name)
    {
        byte[] header = Headers[name];

        Assert.NotNull(ForeignHeader.TryParse(header, Small));
        Assert.Contains(
            "has 33 x 21 pixels, more than the limit of 32 a side or of 1000 in all",
            Assert.Throws<FileFormatException>(() => ForeignHeader.TryParse(header, Small with { MaximumSide = 32 })).Message,
            StringComparison.Ordinal);
        Assert.Throws<FileFormatException>(() => ForeignHeader.TryParse(header, Small with { MaximumPixels = 692 }));
    }

    [Fact]
    public void TryParse_NoPixels_IsRefused() => Assert.Equal(
        "the PPM picture has 0 x 21 pixels, expected at least 1 x 1; its header is corrupt",
        Assert.Throws<FileFormatException>(() => ForeignHeader.TryParse("P6\n0 21\n255\n"u8, ReadLimits.Default)).Message);

    [Fact]
    public void TryParse_OtherBytes_AreNoPicture()
    {
        Assert.Null(ForeignHeader.TryParse("a text"u8, ReadLimits.Default));
        Assert.Null(ForeignHeader.TryParse("RIFF....WAVEfmt "u8, ReadLimits.Default));
        Assert.Null(ForeignHeader.TryParse([], ReadLimits.Default));
    }

    [Fact]
    public void Foreign_MutatedHeaders_AreReadWithinLimitsOrRefused()
    {
        (int accepted, int refused) = Fuzzing.Run(
            [.. Headers.Values],
            bytes =>
            {
                if (ForeignHeader.TryParse(bytes, Small) is { } header)
                {
                    Assert.InRange(header.Width * header.Height, 1, 1000);
                }
            },
            Fuzzing.Count(3000),
            seed: 71);

        Assert.True(accepted > 0 && refused > 0, $"{accepted} accepted, {refused} refused");
    }
}
