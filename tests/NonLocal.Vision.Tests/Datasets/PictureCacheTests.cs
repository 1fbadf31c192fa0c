using NonLocal.Formats;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Datasets;

public sealed class PictureCacheTests : IDisposable
{
    private const int Pictures = 10;

    // Room for two pictures of 4 x 3, so that there are five chunks.
    private const int ChunkBytes = 600;

    private static readonly PictureFit Fit = new(4, 3);

    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal").FullName;

    public PictureCacheTests()
    {
        for (int i = 0; i < Pictures; i++)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(i))!);
            Picture picture = new(5 + i, 7, i % 2 == 0 ? 3 : 1);
            new Random(i).NextBytes(picture.Bytes);
            Png.Write(PathOf(i), picture);
        }
    }

    private string Set => Path.Combine(folder, "set");

    private string Cache => Path.Combine(folder, "cache");

    private string CacheFile => Assert.Single(Directory.GetFiles(Cache));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Open_FirstTime_DecodesEveryPictureToOneSize()
    {
        List<(int Done, int Total)> progress = [];

        PictureSet cached = Open((done, total) => progress.Add((done, total)));

        AssertWhole(cached);
        Assert.Equal([2, 4, 6, 8, 10], progress.Select(step => step.Done));
        Assert.All(progress, step => Assert.Equal(Pictures, step.Total));
    }

    [Fact]
    public void Open_SecondTime_DecodesNothing()
    {
        Open();

        AssertWhole(Open((_, _) => Assert.Fail("decoded again")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Open_OtherThreads_WriteTheSameFile(int threads)
    {
        PictureCache.Open(Set, Fit, Cache, ChunkBytes, threads: threads);
        byte[] many = File.ReadAllBytes(CacheFile);
        File.Delete(CacheFile);
        Open();

        Assert.Equal(File.ReadAllBytes(CacheFile), many);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(6)]
    [InlineData(10)]
    public void Open_AfterAnInterruption_GoesOnWhereItWas(int interruptedAt)
    {
        Assert.Throws<OperationCanceledException>(() => Open(Interrupt(interruptedAt)));
        Assert.EndsWith(".partial", CacheFile, StringComparison.Ordinal);
        byte[] before = File.ReadAllBytes(CacheFile);

        // Only pictures of chunks that are not whole are read again: the others may be gone by now, if their names and times stay.
        for (int i = 0; i < interruptedAt; i++)
        {
            KeepingItsTime(PathOf(i), bytes => bytes.AsSpan().Clear());
        }

        PictureSet cached = Open();

        Assert.Empty(cached.Problems);
        Assert.DoesNotContain(".partial", CacheFile, StringComparison.Ordinal);
        Assert.Equal(before.Length, File.ReadAllBytes(CacheFile).Length);
    }

    [Fact]
    public void Open_AfterAnyTornWrite_IsWhole()
    {
        Open();
        byte[] whole = File.ReadAllBytes(CacheFile);
        string partial = CacheFile + ".partial";
        File.Delete(CacheFile);
        Random random = new(5);
        for (int round = 0; round < 40; round++)
        {
            // What a disk may keep of a file that was being written: any part of it, zeros elsewhere.
            byte[] torn = new byte[random.Next(whole.Length + 1)];
            for (int start = 0; start < torn.Length; start += 64)
            {
                int length = Math.Min(64, torn.Length - start);
                whole.AsSpan(start, random.Next(2) * length).CopyTo(torn.AsSpan(start));
            }

            Array.Resize(ref torn, random.Next(2) == 0 ? torn.Length : whole.Length);
            File.WriteAllBytes(partial, torn);

            Open();

            Assert.Equal(whole, File.ReadAllBytes(CacheFile));
            File.Delete(CacheFile);
        }
    }

    [Fact]
    public void Open_AnyDamagedByte_IsNoticedAndMadeAgain()
    {
        Open();
        byte[] whole = File.ReadAllBytes(CacheFile);
        for (int place = 0; place < whole.Length; place += 53)
        {
            byte[] damaged = (byte[])whole.Clone();
            damaged[place] ^= 0x10;
            File.WriteAllBytes(CacheFile, damaged);
            bool decoded = false;

            Open((_, _) => decoded = true);

            Assert.True(decoded, $"byte {place}");
            Assert.Equal(whole, File.ReadAllBytes(CacheFile));
        }
    }

    [Fact]
    public void Open_AnotherPictureOrFit_IsAnotherCache()
    {
        Open();
        Picture changed = new(2, 2, 1, [7, 7, 7, 7]);
        Png.Write(PathOf(3), changed);

        Assert.Equal(7, Open().Read(3).Bytes[0]);
        Assert.Equal((2, 2), Size(PictureCache.Open(Set, new(2, 2), Cache).Read(0)));
        Assert.Equal((2, 2), Size(PictureCache.Open(Set, new(2, 2, ShorterSide: 4), Cache).Read(0)));
        Assert.Equal(3, Directory.GetFiles(Cache).Length);
    }

    [Fact]
    public void Open_CorruptAndOverlongPictures_AreNamedAndShiftNoLabel()
    {
        File.WriteAllBytes(PathOf(4), [1, 2, 3]);
        Png.Write(PathOf(5), new Picture(300, 3, 1));
        PictureFit cropped = new(4, 3, ShorterSide: 4);

        PictureSet first = PictureCache.Open(Set, cropped, Cache, ChunkBytes);
        PictureSet again = PictureCache.Open(Set, cropped, Cache, ChunkBytes);

        foreach (PictureSet cached in new[] { first, again })
        {
            Assert.Equal([4, 5], cached.Problems.Select(problem => problem.Index));
            Assert.StartsWith($"{PathOf(4)}: the file is ", cached.Problems[0].Problem, StringComparison.Ordinal);
            Assert.StartsWith($"{PathOf(5)}: the picture has 300 x 3 pixels", cached.Problems[1].Problem, StringComparison.Ordinal);
            Assert.Equal(cached.Problems[0].Problem, Assert.Throws<FileFormatException>(() => cached.Read(4)).Message);
            Assert.Equal([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], Enumerable.Range(0, Pictures).Select(cached.Label));
            Assert.Equal(cropped.Apply(PictureFile.Read(PathOf(6))).Bytes, cached.Read(6).Bytes);
        }

        Assert.Equal(Pictures - 2, new PictureSamples(again, 4, 3, [0, 0, 0], [1, 1, 1]).Count);
    }

    [Fact]
    public void Open_WhileAnotherRunFills_IsRefused()
    {
        string message = "";
        PictureCache.Open(Set, Fit, Cache, ChunkBytes, threads: 1, progress: (done, _) =>
            message = done == 2 ? Assert.Throws<IOException>(() => Open()).Message : message);

        Assert.Contains("another run may be filling it", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_DecodedPicturesOfThatSize_NeedNoCache()
    {
        string path = Path.Combine(folder, "data.bin");
        File.WriteAllBytes(path, new byte[3073]);

        Assert.IsType<DecodedPictures>(PictureCache.Open(path, new(32, 32), Cache));
        Assert.False(Directory.Exists(Cache));
        Assert.Equal((28, 28), Size(PictureCache.Open(path, new(28, 28), Cache).Read(0)));
    }

    private static (int Width, int Height) Size(Picture picture) => (picture.Width, picture.Height);

    private static Action<int, int> Interrupt(int at) => (done, _) =>
    {
        if (done == at)
        {
            throw new OperationCanceledException();
        }
    };

    private static void KeepingItsTime(string path, Action<byte[]> change)
    {
        DateTime time = File.GetLastWriteTimeUtc(path);
        byte[] bytes = File.ReadAllBytes(path);
        change(bytes);
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, time);
    }

    private PictureSet Open(Action<int, int>? progress = null) => PictureCache.Open(Set, Fit, Cache, ChunkBytes, progress, threads: 1);

    private void AssertWhole(PictureSet cached)
    {
        Assert.Equal(Pictures, cached.Count);
        Assert.Equal(["0", "1"], cached.ClassNames);
        Assert.Empty(cached.Problems);
        for (int i = 0; i < Pictures; i++)
        {
            Picture expected = PictureTransform.Resize(PictureTransform.ToRgb(Png.Read(PathOf(i))), 4, 3);
            Assert.Equal(expected.Bytes, cached.Read(i, 4, 3).Bytes);
            Assert.Equal((i / 5, PathOf(i)), (cached.Label(i), cached.Source(i)));
        }
    }

    private string PathOf(int index) => Path.Combine(Set, $"{index / 5}", $"{index}.png");
}
