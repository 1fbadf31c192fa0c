using System.Buffers.Binary;
using System.Text;
using NonLocal.Formats;
using NonLocal.Testing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Pictures;

public class PngHostileTests
{
    [Fact]
    public void Read_EveryTruncation_IsRefused()
    {
        byte[] whole = Sample(colour: 2, depth: 8).Encode();

        for (int length = 0; length < whole.Length; length++)
        {
            FileFormatException error = Refused(whole[..length]);

            Assert.Matches("truncated|empty|signature", error.Message);
        }
    }

    [Fact]
    public void Read_EveryFlippedBit_IsRefused()
    {
        byte[] whole = Sample(colour: 2, depth: 8).Encode();

        for (int bit = 0; bit < 8 * whole.Length; bit++)
        {
            byte[] bytes = [.. whole];
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));

            Refused(bytes);
        }
    }

    [Fact]
    public void Read_ImageDataCutShort_IsRefused()
    {
        SamplePng sample = Sample(colour: 0, depth: 8);
        byte[] rows = sample.FilteredRows();

        FileFormatException inTheRows = Refused(sample.Encode(rows[..^1]));
        FileFormatException inTheChecksum = Refused(ChangeImageData(sample.Encode(rows), data => data[..^1]));

        Assert.Equal("the picture's data ends in row 5 of 6; the file seems to be truncated", inTheRows.Message);
        Assert.Contains("the picture's data has the checksum", inTheChecksum.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MoreImageDataThanPixels_IsRefused()
    {
        SamplePng sample = Sample(colour: 0, depth: 8);

        FileFormatException error = Refused(sample.Encode([.. sample.FilteredRows(), 0]));

        Assert.Equal("the IDAT chunks hold more data than the picture's size asks for", error.Message);
    }

    [Fact]
    public void Read_WrongAdler_IsRefused()
    {
        byte[] file = ChangeImageData(Sample(colour: 0, depth: 8).Encode(), data => [.. data[..^1], (byte)(data[^1] ^ 1)]);

        Assert.Contains("zlib", Refused(file).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_UnknownFilter_IsRefused()
    {
        SamplePng sample = Sample(colour: 0, depth: 8);
        byte[] rows = sample.FilteredRows();
        rows[2 * (sample.Width + 1)] = 5;

        Assert.Equal("row 2 has filter type 5, expected 0 to 4", Refused(sample.Encode(rows)).Message);
    }

    [Fact]
    public void Read_PaletteEntryOutOfRange_IsRefusedWithItsPlace()
    {
        SamplePng sample = new(6, 6, SamplePng.Palette, 8, interlaced: false, transparent: false, new Random(5));
        sample.Samples[8] = 255;

        string message = Refused(sample.Encode()).Message;

        Assert.Equal($"the pixel in column 2 of row 1 has palette entry 255, but the palette has {sample.Colours.Length / 3}", message);
    }

    [Theory]
    [InlineData(8, 7, "colour type 0 with bit depth 7")]
    [InlineData(9, 5, "colour type 5 with bit depth 8")]
    [InlineData(9, 1, "colour type 1 with bit depth 8")]
    [InlineData(10, 1, "compression 1")]
    [InlineData(11, 1, "filter 1")]
    [InlineData(12, 2, "interlace 2")]
    [InlineData(3, 0, "0 x 6 pixels")]
    [InlineData(0, 1, "a side more than the limit of 32767")]
    public void Read_HeaderValueThatIsNone_IsNamed(int offset, byte value, string expected)
    {
        byte[] file = Rebuild(Sample(colour: 0, depth: 8).Encode(), (type, data) =>
        {
            if (type == "IHDR")
            {
                data[offset] = value;
            }

            return data;
        });

        Assert.Contains(expected, Refused(file).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ManyPixelsInFewBytes_IsRefusedBeforeMemoryIsTaken()
    {
        byte[] file = Rebuild(Sample(colour: 0, depth: 8).Encode(), (type, data) =>
        {
            if (type == "IHDR")
            {
                BinaryPrimitives.WriteInt32BigEndian(data, 10_000);
                BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(4), 10_000);
            }

            return data;
        });
        long before = GC.GetAllocatedBytesForCurrentThread();

        FileFormatException error = Refused(file);

        Assert.Contains("too few for the 100010000", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Read_OverALimit_IsRefused()
    {
        byte[] file = Sample(colour: 2, depth: 8).Encode();

        string side = Refused(file, new() { MaximumSide = 5 }).Message;
        string pixels = Refused(file, new() { MaximumPixels = 35 }).Message;
        string bytes = Refused(file, new() { MaximumFileBytes = 99 }).Message;

        Assert.Equal("the picture has 6 x 6 pixels, a side more than the limit of 5", side);
        Assert.Equal("the picture has 6 x 6 = 36 pixels, more than the limit of 35", pixels);
        Assert.Equal($"the file holds {file.Length} bytes, more than the limit of 99", bytes);
        Png.Read(new MemoryStream(file), new() { MaximumSide = 6, MaximumPixels = 36, MaximumFileBytes = file.Length });
    }

    [Theory]
    [InlineData("IHDR IDAT tEXt IDAT IEND", "follows a tEXt chunk, expected all IDAT chunks together")]
    [InlineData("IHDR IEND", "there is no IDAT chunk")]
    [InlineData("IDAT IHDR IEND", "the first chunk is IDAT, expected IHDR")]
    [InlineData("IHDR IHDR IDAT IEND", "is a second IHDR")]
    [InlineData("IHDR IDAT PLTE IEND", "PLTE chunk at byte 53 is out of place")]
    [InlineData("IHDR IDAT tRNS IEND", "tRNS chunk at byte 53 is out of place")]
    [InlineData("IHDR CgBI IDAT IEND", "the chunk CgBI at byte 33 is needed for the picture, but this reader does not know it")]
    [InlineData("IHDR I,AT IEND", "has the type 492C4154, expected four letters")]
    [InlineData("IHDR tRNS IDAT IEND", "tRNS chunk at byte 33 holds 8 bytes, expected 2")]
    [InlineData("IHDR PLTE IDAT IEND", "PLTE chunk at byte 33 holds 8 bytes, expected 1 to 256 entries of 3")]
    public void Read_ChunksInDisorder_AreNamed(string chunks, string expected)
    {
        MemoryStream file = new();
        file.Write(Sample(colour: 0, depth: 8).Encode().AsSpan(0, 8));
        foreach (string type in chunks.Split(' '))
        {
            SamplePng.Chunk(file, type, type == "IHDR" ? [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0] : type == "IEND" ? [] : new byte[8]);
        }

        Assert.Contains(expected, Refused(file.ToArray()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_PaletteOrAlphaWithWrongCompanions_IsRefused()
    {
        byte[] palette = Rebuild(Sample(SamplePng.Palette, depth: 4).Encode(), (type, data) => type == "PLTE" ? null : data);
        byte[] alpha = Rebuild(Sample(colour: 6, depth: 8).Encode(), (_, data) => data, type => type == "tEXt" ? "tRNS" : type);

        Assert.Contains("no PLTE chunk", Refused(palette).Message, StringComparison.Ordinal);
        Assert.Contains("pictures with an alpha channel have none", Refused(alpha).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_JpegUnderThisName_SaysSo()
    {
        FileFormatException error = Refused([0xFF, 0xD8, 0xFF, 0xE0, 0, 16, (byte)'J', (byte)'F', (byte)'I', (byte)'F']);

        Assert.Equal(
            "the file starts with FFD8FFE000104A46, expected the PNG signature 89504E470D0A1A0A; it looks like a JPEG picture",
            error.Message);
    }

    [Fact]
    public void Read_Path_IsNamedInTheError()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("nonlocal").FullName, "notes.png");
        File.WriteAllText(path, "not a picture");

        FileFormatException error = Assert.Throws<FileFormatException>(() => Png.Read(path));

        Assert.StartsWith(path + ": the file starts with 6E6F742061207069", error.Message, StringComparison.Ordinal);
        File.Delete(path);
    }

    [Fact]
    public void Read_MutatedFiles_AreReadOrRefused()
    {
        Fuzz(Read, repair: null, seed: 11);
    }

    [Fact]
    public void Read_MutatedFilesWithRightChecksums_AreReadOrRefused()
    {
        (int accepted, int refused) = Fuzz(Read, RepairChecksums, seed: 12);

        Assert.True(accepted > 0 && refused > 0, $"{accepted} accepted, {refused} refused");
    }

    [Fact]
    public void Read_MutatedRows_AreReadOrRefused()
    {
        SamplePng frame = new(20, 20, SamplePng.Palette, 2, interlaced: true, transparent: true, new Random(9));
        Random random = new(10);
        byte[][] corpus = [frame.FilteredRows(), frame.FilteredRows()];

        (int accepted, int refused) = Fuzzing.Run(corpus, rows => Read(frame.Encode(rows)), Fuzzing.Count(2000), seed: 13);

        Assert.True(accepted > 0 && refused > 0, $"{accepted} accepted, {refused} refused");
    }

    private static (int Accepted, int Refused) Fuzz(Action<byte[]> read, Func<byte[], byte[]>? repair, int seed)
    {
        Random random = new(seed);
        byte[][] corpus = [.. Enumerable.Range(0, 40).Select(_ => SamplePng.Any(random).Encode())];
        return Fuzzing.Run(corpus, read, Fuzzing.Count(4000), seed, repair);
    }

    private static void Read(byte[] bytes) => Png.Read(new MemoryStream(bytes));

    private static SamplePng Sample(int colour, int depth) =>
        new(6, 6, colour, depth, interlaced: false, transparent: false, new Random(5));

    private static FileFormatException Refused(byte[] bytes, ReadLimits? limits = null) =>
        Assert.Throws<FileFormatException>(() => Png.Read(new MemoryStream(bytes), limits));

    /// <summary>The same file with changed chunks (null leaves one out) and right checksums.</summary>
    private static byte[] Rebuild(byte[] file, Func<string, byte[], byte[]?> change, Func<string, string>? rename = null)
    {
        MemoryStream result = new();
        result.Write(file.AsSpan(0, 8));
        for (int position = 8; position < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(position));
            string type = Encoding.ASCII.GetString(file, position + 4, 4);
            byte[]? data = change(type, file.AsSpan(position + 8, length).ToArray());
            if (data is not null)
            {
                SamplePng.Chunk(result, rename?.Invoke(type) ?? type, data);
            }

            position += 12 + length;
        }

        return result.ToArray();
    }

    /// <summary>The same file with the changed zlib stream in one IDAT chunk.</summary>
    private static byte[] ChangeImageData(byte[] file, Func<byte[], byte[]> change)
    {
        List<byte> all = [];
        Rebuild(file, (type, data) =>
        {
            all.AddRange(type == "IDAT" ? data : []);
            return data;
        });
        byte[]? changed = change([.. all]);
        return Rebuild(file, (type, data) =>
        {
            byte[]? result = type == "IDAT" ? changed : data;
            changed = type == "IDAT" ? null : changed;
            return result;
        });
    }

    private static byte[] RepairChecksums(byte[] file)
    {
        for (int position = 8; position + 12 <= file.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(position));
            if (length > file.Length - position - 12)
            {
                break;
            }

            int end = position + 8 + (int)length;
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(end), SamplePng.Crc(file.AsSpan(position + 4, end - position - 4)));
            position = end + 4;
        }

        return file;
    }
}
