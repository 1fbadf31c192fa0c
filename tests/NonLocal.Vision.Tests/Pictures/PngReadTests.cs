using NonLocal.Testing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Pictures;

public class PngReadTests
{
    public static TheoryData<string> Kinds => [.. Fixtures.Names("*.png", "png").Select(name => Path.GetFileNameWithoutExtension(name))];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Read_Fixture_GivesThePixelsOfAnotherDecoder(string name)
    {
        Picture picture = Png.Read(Fixtures.Path("png", name + ".png"));

        Assert.Equal(File.ReadAllBytes(Fixtures.Path("png", name + ".raw")), picture.Bytes);
    }

    [Fact]
    public void Fixtures_CoverEveryKind_InterlacedAndNot()
    {
        Assert.Equal(2 * (15 + 11), Kinds.Count);
    }

    [Fact]
    public void Read_RandomPictures_GiveTheSamplesThatWereEncoded()
    {
        Random random = new(7);
        for (int i = 0; i < 500; i++)
        {
            SamplePng sample = SamplePng.Any(random);

            Picture picture = Png.Read(new MemoryStream(sample.Encode()));

            Assert.Equal((sample.Width, sample.Height), (picture.Width, picture.Height));
            Assert.Equal(sample.Expected(), picture.Bytes);
        }
    }

    [Fact]
    public void Read_SixteenBits_RoundsToNearest()
    {
        SamplePng sample = new(256, 256, colour: 0, depth: 16, interlaced: false, transparent: false, new Random(1));
        for (int i = 0; i < sample.Samples.Length; i++)
        {
            sample.Samples[i] = i;
        }

        Picture picture = Png.Read(new MemoryStream(sample.Encode()));

        Assert.All(picture.Bytes.Index(), item => Assert.Equal((int)Math.Round(item.Index / 257.0), item.Item));
    }

    [Fact]
    public void Read_StreamThatGivesAFewBytesAtATime_ReadsTheSame()
    {
        SamplePng sample = new(9, 5, colour: 6, depth: 16, interlaced: true, transparent: false, new Random(3));

        Picture picture = Png.Read(new TricklingStream(sample.Encode()));

        Assert.Equal(sample.Expected(), picture.Bytes);
    }

    /// <summary>A pipe: no length, no seeking, seven bytes a read.</summary>
    private sealed class TricklingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 7));
    }
}
