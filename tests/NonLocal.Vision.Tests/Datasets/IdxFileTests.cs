using System.IO.Compression;
using NonLocal.Formats;
using NonLocal.Testing;
using NonLocal.Vision.Datasets;

namespace NonLocal.Vision.Tests.Datasets;

public class IdxFileTests
{
    [Theory]
    [InlineData(5)]
    [InlineData(5, 7)]
    [InlineData(5, 7, 3)]
    [InlineData(5, 7, 3, 3)]
    public void Read_PlainOrGzip_GivesShapeAndItems(params int[] shape)
    {
        byte[] file = Sample(shape);

        foreach (byte[] bytes in new[] { file, Gzip(file) })
        {
            IdxFile idx = Read(bytes);

            Assert.Equal(shape, idx.Shape.ToArray());
            Assert.Equal(5, idx.Count);
            Assert.True(file.AsSpan(4 + (4 * shape.Length)).SequenceEqual(idx.Values));
            Assert.True(idx.Values.Slice(3 * idx.ItemBytes, idx.ItemBytes).SequenceEqual(idx.Item(3)));
        }
    }

    [Theory]
    [InlineData("", "the file holds 0 bytes, expected an idx header")]
    [InlineData("00000D01", "the elements have the type 0D, expected 08 (unsigned bytes)")]
    [InlineData("00000800", "the array has 0 axes, expected 1 to 4")]
    [InlineData("00000805", "the array has 5 axes, expected 1 to 4")]
    [InlineData("01000801", "the file starts with 01000801, expected idx, which starts with 0000")]
    [InlineData("0000080100000000", "axis 0 has the size 0, expected at least 1")]
    [InlineData("00000801000000", "the file holds 7 bytes, expected a header of 8; it seems to be truncated")]
    [InlineData("000008010000000201", "the header asks for 2 elements, but 1 bytes follow it; the file seems to be truncated")]
    [InlineData("0000080100000002010203", "the header asks for 2 elements, but 3 bytes follow it")]
    [InlineData(
        "00000804FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF01",
        "the header asks for 4294967295 x 4294967295 x 4294967295 x 4294967295 elements, but 1 bytes follow it; "
        + "the file seems to be truncated")]
    public void Read_WrongHeader_IsRefusedWithOneSentence(string hex, string expected)
    {
        Assert.Equal(expected, Refused(Convert.FromHexString(hex)).Message);
    }

    [Fact]
    public void Read_EveryTruncation_IsRefused()
    {
        byte[] plain = Sample(3, 4, 2);
        byte[] packed = Gzip(plain);

        for (int length = 0; length < plain.Length; length++)
        {
            Refused(plain[..length]);
        }

        for (int length = 0; length < packed.Length; length++)
        {
            Refused(packed[..length]);
        }
    }

    [Fact]
    public void Read_PictureOverTheLimit_IsRefused()
    {
        FileFormatException error = Refused(Sample(2, 3, 9), new() { MaximumSide = 8 });

        Assert.Equal("the pictures have 9 x 3 pixels, more than the limit of 8 a side or of 100000000 in all", error.Message);
    }

    [Fact]
    public void Read_MutatedFiles_AreReadOrRefused()
    {
        byte[][] corpus = [Sample(6), Sample(3, 4), Sample(2, 3, 5), Sample(2, 3, 2, 3), Gzip(Sample(9)), Gzip(Sample(2, 3, 5))];

        (int accepted, int refused) = Fuzzing.Run(corpus, bytes => Read(bytes), Fuzzing.Count(3000), seed: 32);

        Assert.True(accepted > 0 && refused > 0, $"{accepted} accepted, {refused} refused");
    }

    internal static byte[] Sample(params int[] shape)
    {
        List<byte> bytes = [0, 0, 8, (byte)shape.Length];
        int elements = 1;
        foreach (int size in shape)
        {
            bytes.AddRange([0, 0, (byte)(size >> 8), (byte)size]);
            elements *= size;
        }

        byte[] values = new byte[elements];
        new Random(elements).NextBytes(values);
        return [.. bytes, .. values];
    }

    private static IdxFile Read(byte[] bytes, ReadLimits? limits = null) => IdxFile.Read(new MemoryStream(bytes), limits);

    private static FileFormatException Refused(byte[] bytes, ReadLimits? limits = null) =>
        Assert.Throws<FileFormatException>(() => Read(bytes, limits));

    private static byte[] Gzip(byte[] bytes)
    {
        MemoryStream compressed = new();
        using (GZipStream stream = new(compressed, CompressionLevel.Fastest))
        {
            stream.Write(bytes);
        }

        return compressed.ToArray();
    }
}
