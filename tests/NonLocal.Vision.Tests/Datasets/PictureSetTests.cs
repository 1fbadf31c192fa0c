using System.Formats.Tar;
using System.IO.Compression;
using NonLocal.Formats;
using NonLocal.Testing;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Datasets;

public sealed class PictureSetTests : IDisposable
{
    private const string Endings = ".png, .jpg, .jpeg, .bmp, .gif, .pam, .pbm, .pgm, .pnm, .ppm, .tif, .tiff, .webp";

    private static readonly (string Name, byte Shade)[] Files =
    [
        ("set/dog/b.png", 3), ("set/Zebra/1.png", 9), ("set/cat/a.png", 1), ("set/dog/a.PNG", 2), ("set/cat/notes.txt", 0),
        ("set/cat/.hidden.png", 0),
    ];

    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Open_ClassFolders_SortsClassesAndPicturesOrdinally()
    {
        PictureSet set = PictureSet.Open(WriteFolder());

        Assert.Equal(["Zebra", "cat", "dog"], set.ClassNames);
        Assert.Equal([(0, 9), (1, 1), (2, 2), (2, 3)], Content(set));
        Assert.EndsWith("b.png", set.Source(3), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TarEntryFormat.V7, false)]
    [InlineData(TarEntryFormat.Ustar, true)]
    [InlineData(TarEntryFormat.Pax, false)]
    [InlineData(TarEntryFormat.Gnu, true)]
    public void Open_Tar_IsTheSameSetAsTheFolder(TarEntryFormat format, bool gzip)
    {
        string path = Write(gzip ? "set.tar.gz" : "set.tar", gzip ? Gzip(Tar(format)) : Tar(format));

        PictureSet set = PictureSet.Open(path);

        Assert.Equal(["Zebra", "cat", "dog"], set.ClassNames);
        Assert.Equal(Content(PictureSet.Open(WriteFolder())), Content(set));
        Assert.Equal($"{path}: set/dog/a.PNG", set.Source(2));
    }

    [Theory]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public void Open_TarWithLongNames_KeepsThem(TarEntryFormat format)
    {
        string name = $"set/{new string('é', 90)}/{new string('n', 40)}.png";

        PictureSet set = PictureSet.Open(Write("long.tar", Tar(format, [(name, 5)])));

        Assert.EndsWith(name, set.Source(0), StringComparison.Ordinal);
        Assert.Equal([new string('é', 90)], set.ClassNames);
    }

    [Fact]
    public void Open_EmptyClass_IsNamed()
    {
        string path = WriteFolder();
        Directory.CreateDirectory(Path.Combine(path, "eel"));
        string tar = Write("empty.tar", Tar(TarEntryFormat.Ustar, [.. Files, ("set/eel/", 0)]));

        foreach (string set in new[] { path, tar })
        {
            FileFormatException error = Assert.Throws<FileFormatException>(() => PictureSet.Open(set));

            Assert.Equal($"{set}: the class folder \"eel\" holds no pictures ({Endings})", error.Message);
        }
    }

    [Fact]
    public void Read_JpegAmongPng_IsDecoded()
    {
        string path = WriteFolder();
        File.Copy(Fixtures.Path("jpeg", "444-17x9.jpg"), Path.Combine(path, "dog", "c.jpg"));

        PictureSet set = PictureSet.Open(path);

        Assert.Equal(2, set.Label(4));
        Assert.Equal(PictureFile.Read(Fixtures.Path("jpeg", "444-17x9.jpg")).Bytes, set.Read(4, 17, 9).Bytes);
    }

    [Fact]
    public void Open_NoClassFolders_IsRefused()
    {
        FileFormatException error = Assert.Throws<FileFormatException>(() => PictureSet.Open(folder));

        Assert.Equal($"{folder}: there are no class folders with pictures ({Endings}) in it", error.Message);
    }

    [Fact]
    public void Open_EveryTarTruncation_IsOneSentence()
    {
        byte[] whole = Tar(TarEntryFormat.Pax);
        int content = whole.Length;
        while (whole[content - 1] == 0)
        {
            content--;
        }

        for (int length = 512; length < content; length += 97)
        {
            string path = Write("cut.tar", whole[..length]);

            FileFormatException error = Assert.Throws<FileFormatException>(() => PictureSet.Open(path));

            Assert.StartsWith($"{path}: the ", error.Message, StringComparison.Ordinal);
            Assert.Contains("truncated", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("a.png")]
    [InlineData("other/bird/a.png")]
    [InlineData("set/dog/b.png")]
    public void Open_TarWithMisplacedPicture_IsNamed(string name)
    {
        string path = Write("odd.tar", Tar(TarEntryFormat.Ustar, [.. Files, (name, 1)]));

        Assert.Contains(name, Assert.Throws<FileFormatException>(() => PictureSet.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tar_MutatedFiles_AreReadOrRefused()
    {
        byte[] longName = Tar(TarEntryFormat.Gnu, [(new string('n', 200) + "/a.png", 1)]);
        byte[][] corpus = [Tar(TarEntryFormat.Pax), Tar(TarEntryFormat.Gnu), longName];
        ReadLimits limits = new() { MaximumPixels = 10_000 };

        (int accepted, int refused) = Fuzzing.Run(
            corpus,
            bytes => Content(EncodedPictures.OfTar(bytes, "fuzz", limits)),
            Fuzzing.Count(3000),
            seed: 33,
            repair: RepairChecksums);

        Assert.True(accepted > 0 && refused > 0, $"{accepted} accepted, {refused} refused");
    }

    [Fact]
    public void Verify_BadPictures_AreNamedAndShiftNoLabel()
    {
        string path = WriteFolder();
        string corrupt = Path.Combine(path, "dog", "a.PNG");
        File.WriteAllBytes(corrupt, [1, 2, 3]);
        Png.Write(Path.Combine(path, "cat", "a.png"), new Picture(3, 2, 1));

        DatasetReport any = DatasetCheck.Verify(PictureSet.Open(path));
        DatasetReport sized = DatasetCheck.Verify(PictureSet.Open(path), 2, 2);

        Assert.Equal([1, 1, 2], any.Counts);
        Assert.Equal([((2, 2, 3), 2), ((3, 2, 1), 1)], any.Sizes);
        Assert.Equal(2, Assert.Single(any.Bad).Index);
        Assert.StartsWith(corrupt + ": the file is neither PNG nor JPEG", any.Bad[0].Problem, StringComparison.Ordinal);
        Assert.Equal([1, 2], sized.Bad.Select(bad => bad.Index));
        Assert.EndsWith("a.png: the picture has 3 x 2 pixels, expected 2 x 2", sized.Bad[0].Problem, StringComparison.Ordinal);
        Assert.Equal([0, 1, 2, 2], Labels(PictureSet.Open(path)));
        Assert.Equal(sized.Bad[0].Problem, Assert.Throws<FileFormatException>(() => PictureSet.Open(path).Read(1, 2, 2)).Message);
    }

    [Fact]
    public void Open_Idx_FindsItsLabels()
    {
        byte[] pictures = IdxFileTests.Sample(4, 3, 5);
        string path = Write("t-images-idx3-ubyte", pictures);
        Write("t-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 4, 2, 0, 1, 2]);

        PictureSet set = PictureSet.Open(path);

        Assert.Equal(["0", "1", "2"], set.ClassNames);
        Assert.Equal([2, 0, 1, 2], Labels(set));
        Picture picture = set.Read(1);
        Assert.Equal((5, 3, 1), (picture.Width, picture.Height, picture.Channels));
        Assert.Equal(pictures[(16 + 15)..(16 + 30)], picture.Bytes);
        Assert.True(DatasetCheck.Verify(set, 5, 3).IsGood);
    }

    [Fact]
    public void OfIdx_WrongLabels_AreNamed()
    {
        IdxFile pictures = Idx(IdxFileTests.Sample(3, 2, 2));

        FileFormatException few = Assert.Throws<FileFormatException>(
            () => DecodedPictures.OfIdx(pictures, Idx([0, 0, 8, 1, 0, 0, 0, 2, 0, 1]), "p"));
        FileFormatException large = Assert.Throws<FileFormatException>(
            () => DecodedPictures.OfIdx(pictures, Idx([0, 0, 8, 1, 0, 0, 0, 3, 0, 10, 1]), "p", classes: 10));
        FileFormatException clips = Assert.Throws<FileFormatException>(
            () => DecodedPictures.OfIdx(Idx(IdxFileTests.Sample(3, 2, 4, 6)), Idx(IdxFileTests.Sample(3)), "p"));

        Assert.Equal("p: the labels are 2 numbers, expected 3, one a picture", few.Message);
        Assert.Equal("p: item 1: the label is 10, expected 0 to 9", large.Message);
        Assert.Equal("p: the array is 3 x 2 x 4 x 6, expected count x height x width, or x 1 to 4 channels", clips.Message);
    }

    [Fact]
    public void Open_Cifar_GivesItsRecords()
    {
        byte[] records = new byte[2 * 3073];
        records[3073] = 7;
        records[3073 + 1 + 1024] = 200;
        string path = Write("data.bin", records);

        PictureSet set = PictureSet.Open(path);

        Assert.Equal((2, 10), (set.Count, set.ClassNames.Count));
        Assert.Equal([0, 7], Labels(set));
        Assert.Equal([0, 200, 0], set.Read(1, 32, 32).Bytes[..3]);
        Assert.Equal($"{path}: record 1", set.Source(1));
        records[3073] = 10;
        Write("data.bin", records);
        Assert.StartsWith($"{path}: record 1 has the label 10", Assert.Throws<FileFormatException>(() => PictureSet.Open(path)).Message);
    }

    private static IdxFile Idx(byte[] bytes) => IdxFile.Read(new MemoryStream(bytes));

    private static int[] Labels(PictureSet set) => [.. Enumerable.Range(0, set.Count).Select(set.Label)];

    private static (int Label, int Shade)[] Content(PictureSet set) =>
        [.. Enumerable.Range(0, set.Count).Select(i => (set.Label(i), (int)set.Read(i).Bytes[0]))];

    private static byte[] Encode(byte shade)
    {
        Picture picture = new(2, 2, 3);
        picture.Bytes.AsSpan().Fill(shade);
        MemoryStream stream = new();
        Png.Write(stream, picture);
        return stream.ToArray();
    }

    private static byte[] Tar(TarEntryFormat format, IReadOnlyList<(string Name, byte Shade)>? files = null)
    {
        MemoryStream stream = new();
        using (TarWriter writer = new(stream, format, leaveOpen: true))
        {
            foreach ((string name, byte shade) in files ?? Files)
            {
                TarEntryType file = format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile;
                TarEntryType type = name.EndsWith('/') ? TarEntryType.Directory : file;
                TarEntry entry = format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(type, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(type, name),
                    TarEntryFormat.Pax => new PaxTarEntry(type, name),
                    _ => new GnuTarEntry(type, name),
                };
                if (type != TarEntryType.Directory)
                {
                    entry.DataStream = new MemoryStream(Encode(shade));
                }

                writer.WriteEntry(entry);
            }
        }

        return stream.ToArray();
    }

    // Each block's checksum is made right if it looks like a header, so that mutations reach the fields.
    private static byte[] RepairChecksums(byte[] bytes)
    {
        for (int start = 0; start + 512 <= bytes.Length; start += 512)
        {
            Span<byte> block = bytes.AsSpan(start, 512);
            if (block[156] is >= (byte)'0' and <= (byte)'x' && block[..100].ContainsAnyExcept((byte)0) && block[148] == '0')
            {
                block.Slice(148, 8).Fill((byte)' ');
                int sum = 0;
                foreach (byte part in block)
                {
                    sum += part;
                }

                System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ", block.Slice(148, 8));
            }
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

        return compressed.ToArray();
    }

    private string WriteFolder()
    {
        foreach ((string name, byte shade) in Files)
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, Encode(shade));
        }

        return Path.Combine(folder, "set");
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
