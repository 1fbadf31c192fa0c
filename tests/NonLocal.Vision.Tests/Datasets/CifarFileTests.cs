using System.Buffers.Binary;
using System.IO.Compression;
using NonLocal.Formats;
using NonLocal.Testing;
using NonLocal.Vision.Datasets;

namespace NonLocal.Vision.Tests.Datasets;

public class CifarFileTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void Read_PlainOrGzip_GivesLabelsAndChannelsLastPictures(int classes)
    {
        byte[] records = Records(classes, count: 7);

        foreach (byte[] file in new[] { records, Gzip(records) })
        {
            CifarFile cifar = Read(file);

            Assert.Equal((classes, 7), (cifar.Classes, cifar.Count));
            for (int i = 0; i < cifar.Count; i++)
            {
                int record = records.Length / 7;
                ReadOnlySpan<byte> planes = records.AsSpan((i + 1) * record - 3072, 3072);
                Assert.Equal(records[((i + 1) * record) - 3073], cifar.Labels[i]);
                for (int y = 0; y < 32; y++)
                {
                    for (int x = 0; x < 32; x++)
                    {
                        for (int c = 0; c < 3; c++)
                        {
                            Assert.Equal(planes[(c * 1024) + (y * 32) + x], cifar.Picture(i)[(((y * 32) + x) * 3) + c]);
                        }
                    }
                }
            }

            Assert.Equal(7 * 3072, cifar.Pictures.Length);
            Assert.True(cifar.Pictures[^3072..].SequenceEqual(cifar.Picture(6)));
        }
    }

    [Theory]
    [InlineData(0, "the file is empty, expected CIFAR records")]
    [InlineData(1, "the file holds 1 bytes, expected a multiple of 3073 (CIFAR-10 records) or of 3074 (CIFAR-100 records)")]
    [InlineData(3072, "the file holds 3072 bytes, expected a multiple of 3073 (CIFAR-10 records) or of 3074 (CIFAR-100 records)")]
    public void Read_NoWholeRecords_IsRefused(int length, string expected)
    {
        Assert.Equal(expected, Refused(new byte[length]).Message);
    }

    [Fact]
    public void Read_LabelOutOfRange_IsNamedWithItsRecord()
    {
        byte[] ten = Records(10, count: 5);
        ten[3 * 3073] = 10;
        byte[] hundred = Records(100, count: 5);
        hundred[(2 * 3074) + 1] = 100;
        byte[] coarse = Records(100, count: 5);
        coarse[4 * 3074] = 20;

        Assert.Equal("record 3 has the label 10, expected 0 to 9", Refused(ten).Message);
        Assert.Equal("record 2 has the label 100, expected 0 to 99", Refused(hundred).Message);
        Assert.Equal("record 4 has the coarse label 20, expected 0 to 19", Refused(coarse).Message);
    }

    [Fact]
    public void Read_EveryGzipTruncation_IsRefused()
    {
        byte[] whole = Gzip(new byte[2 * 3073]);

        for (int length = 0; length < whole.Length; length++)
        {
            Refused(whole[..length]);
        }
    }

    [Fact]
    public void Read_CorruptGzip_IsRefused()
    {
        byte[] file = Gzip(Records(10, count: 2));
        file[^5] ^= 1;

        Assert.Equal("the gzip stream is corrupt", Refused(file).Message);
    }

    [Fact]
    public void Read_GzipBomb_IsRefusedAtTheLimit()
    {
        byte[] bomb = Gzip(new byte[64 << 20]);
        long before = GC.GetAllocatedBytesForCurrentThread();

        FileFormatException error = Refused(bomb, new() { MaximumFileBytes = 1 << 20 });

        Assert.Equal("the gzip stream holds more than the limit of 1048576 bytes", error.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void Read_Path_IsNamedInTheError()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("nonlocal").FullName, "data.bin");
        File.WriteAllBytes(path, [1, 2, 3]);

        FileFormatException error = Assert.Throws<FileFormatException>(() => CifarFile.Read(path));

        Assert.StartsWith(path + ": the file holds 3 bytes", error.Message, StringComparison.Ordinal);
        File.Delete(path);
    }

    [Fact]
    public void Read_MutatedFiles_AreReadOrRefused()
    {
        byte[][] corpus = [Records(10, 2), Records(100, 2), Gzip(Records(10, 2)), Gzip(Records(100, 3)), Gzip(new byte[3073])];

        (int accepted, int refused) = Fuzzing.Run(corpus, bytes => Read(bytes), Fuzzing.Count(3000), seed: 31);

        Assert.True(accepted > 0 && refused > 0, $"{accepted} accepted, {refused} refused");
    }

    private static CifarFile Read(byte[] bytes, ReadLimits? limits = null) => CifarFile.Read(new MemoryStream(bytes), limits);

    private static FileFormatException Refused(byte[] bytes, ReadLimits? limits = null) =>
        Assert.Throws<FileFormatException>(() => Read(bytes, limits));

    private static byte[] Records(int classes, int count)
    {
        int record = classes == 10 ? 3073 : 3074;
        byte[] bytes = new byte[count * record];
        new Random(classes).NextBytes(bytes);
        for (int i = 0; i < count; i++)
        {
            bytes[i * record] %= (byte)(classes == 10 ? 10 : 20);
            bytes[((i + 1) * record) - 3073] %= (byte)classes;
        }

        return bytes;
    }

    private static byte[] Gzip(byte[] bytes)
    {
        MemoryStream compressed = new();
        using (GZipStream stream = new(compressed, CompressionLevel.Fastest))
        {
            stream.Write(bytes);
        }

        byte[] file = compressed.ToArray();
        Assert.Equal(bytes.Length, BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan()[^4..]));
        return file;
    }
}
