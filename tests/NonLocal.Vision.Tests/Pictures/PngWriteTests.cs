using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Pictures;

public class PngWriteTests
{
    [Fact]
    public void Write_RandomPictures_ReadBackTheSame()
    {
        Random random = new(21);
        for (int i = 0; i < 200; i++)
        {
            Picture picture = new(random.Next(1, 60), random.Next(1, 60), random.Next(1, 5));
            random.NextBytes(picture.Bytes.AsSpan(0, random.Next(picture.Bytes.Length + 1)));

            Picture back = Png.Read(new MemoryStream(Bytes(picture)));

            Assert.Equal((picture.Width, picture.Height, picture.Channels), (back.Width, back.Height, back.Channels));
            Assert.Equal(picture.Bytes, back.Bytes);
        }
    }

    [Fact]
    public void Write_MoreDataThanOneChunkHolds_ReadsBackTheSame()
    {
        Picture noise = new(1024, 1100, 1);
        new Random(22).NextBytes(noise.Bytes);

        Assert.Equal(noise.Bytes, Png.Read(new MemoryStream(Bytes(noise))).Bytes);
    }

    [Fact]
    public void Write_SmoothPicture_IsMadeSmallByTheFilters()
    {
        Picture picture = new(200, 200, 3);
        for (int i = 0; i < picture.Bytes.Length; i++)
        {
            int x = i / 3 % 200;
            int y = i / 600;
            picture.Bytes[i] = (byte)(128 + (60 * Math.Sin(x / 23.0)) + (60 * Math.Cos((y + x) / 31.0)) + (5 * (i % 3)));
        }

        // Without filters zlib leaves more than half of this picture's bytes.
        Assert.InRange(Bytes(picture).Length, 100, picture.Bytes.Length / 8);
    }

    [Fact]
    public void Write_Path_ReplacesTheFileInOneStepAndLeavesNothingElse()
    {
        string folder = Directory.CreateTempSubdirectory("nonlocal").FullName;
        string path = Path.Combine(folder, "picture.png");
        Png.Write(path, new Picture(30, 40, 4));
        byte[] before = File.ReadAllBytes(path);
        using FileStream reader = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

        Png.Write(path, new Picture(3, 2, 1, [1, 2, 3, 4, 5, 6]));

        Assert.Equal([1, 2, 3, 4, 5, 6], Png.Read(path).Bytes);
        byte[] seen = new byte[before.Length];
        reader.ReadExactly(seen);
        Assert.Equal(before, seen);
        Assert.Equal([path], Directory.GetFiles(folder));
        Directory.Delete(folder, recursive: true);
    }

    private static byte[] Bytes(Picture picture)
    {
        MemoryStream stream = new();
        Png.Write(stream, picture);
        return stream.ToArray();
    }
}
