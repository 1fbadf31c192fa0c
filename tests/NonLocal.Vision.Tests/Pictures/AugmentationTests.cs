using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Pictures;

public class AugmentationTests
{
    private static readonly RandomStream Key = Augmentation.KeyOf(seed: 1, epoch: 2, sample: 3);

    public static TheoryData<int> Functions => [0, 1, 2];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Augment_SameKey_SameBits(int function)
    {
        Picture picture = Sample(11, 9);

        Assert.Equal(Apply(function, picture, Key).Bytes, Apply(function, picture, Key).Bytes);
        Assert.Equal(Sample(11, 9).Bytes, picture.Bytes);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Augment_OtherSeedEpochOrSample_GivesOtherPictures(int function)
    {
        Picture picture = Sample(11, 9);

        // Single keys may agree by chance (a flip does in every second case), 64 do not.
        Assert.NotEqual(Run(n => Augmentation.KeyOf(1, n, 3)), Run(n => Augmentation.KeyOf(2, n, 3)));
        Assert.NotEqual(Run(n => Augmentation.KeyOf(1, 2, n)), Run(n => Augmentation.KeyOf(1, 3, n)));
        Assert.NotEqual(Run(n => Augmentation.KeyOf(1, n, 3)), Run(n => Augmentation.KeyOf(1, n, 4)));

        byte[] Run(Func<uint, RandomStream> key) =>
            [.. Enumerable.Range(0, 64).SelectMany(n => Apply(function, picture, key((uint)n)).Bytes)];
    }

    [Fact]
    public void PadCrop_ManyKeys_MeetsEveryOffsetEquallyOften()
    {
        // The only bright pixel tells the offset.
        Picture picture = new(9, 9, 1);
        picture.Row(4)[4] = 255;
        int[] counts = new int[25];
        for (uint sample = 0; sample < 5000; sample++)
        {
            int at = Array.IndexOf(Augmentation.PadCrop(picture, 2, Augmentation.KeyOf(5, 0, sample)).Bytes, (byte)255);
            counts[(((at / 9) - 2) * 5) + ((at % 9) - 2)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 140, 260));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(-2, -1)]
    [InlineData(0, 3)]
    [InlineData(-11, 0)]
    [InlineData(3, 20)]
    public void Shift_ByOffset_MovesPixelsAndAddsZeros(int fromX, int fromY)
    {
        Picture picture = Sample(5, 4);
        Picture moved = Augmentation.Shift(picture, fromX, fromY);
        for (int y = 0; y < 4; y++)
        {
            for (int x = 0; x < 5; x++)
            {
                bool inside = x + fromX is >= 0 and < 5 && y + fromY is >= 0 and < 4;
                byte[] expected = inside ? picture.Row(y + fromY).Slice((x + fromX) * 3, 3).ToArray() : [0, 0, 0];
                Assert.Equal(expected, moved.Row(y).Slice(x * 3, 3).ToArray());
            }
        }
    }

    [Fact]
    public void RandomFlip_ManyKeys_FlipsHalf()
    {
        Picture picture = Sample(3, 2);
        Picture flipped = Augmentation.Flip(picture);

        int count = Enumerable.Range(0, 2000).Count(
            sample => Augmentation.RandomFlip(picture, Augmentation.KeyOf(5, 0, (uint)sample)).Bytes.SequenceEqual(flipped.Bytes));

        Assert.InRange(count, 930, 1070);
        Assert.Equal(picture.Row(1)[..3], flipped.Row(1)[6..]);
        Assert.Equal(picture.Row(1).Slice(3, 3), flipped.Row(1).Slice(3, 3));
        Assert.Equal(picture.Bytes, Augmentation.Flip(flipped).Bytes);
    }

    [Fact]
    public void ColourJitter_NoStrength_ChangesNothing()
    {
        Picture picture = Sample(4, 4);

        Assert.Equal(picture.Bytes, Augmentation.ColourJitter(picture, 0, 0, 0, Key).Bytes);
    }

    [Fact]
    public void ColourJitter_OnlyBrightness_StaysInItsRange()
    {
        Picture grey = new(1, 1, 3, [100, 100, 100]);
        byte[] shades = [.. Enumerable.Range(0, 2000).Select(
            sample => Augmentation.ColourJitter(grey, 0.4f, 0, 0, Augmentation.KeyOf(1, 0, (uint)sample)).Bytes[0])];

        Assert.InRange(shades.Min(), 60, 62);
        Assert.InRange(shades.Max(), 137, 139);
        Assert.InRange(shades.Average(shade => shade), 98, 101);
    }

    [Fact]
    public void Adjustments_ByHand_AreTorchvisionsFormulas()
    {
        Picture picture = new(2, 1, 3, [10, 20, 200, 250, 0, 100]);

        // Greys: 0.2989 · 10 + 0.587 · 20 + 0.114 · 200 = 37.5 and 74.725 + 11.4 = 86.1; rounded down 37 and 86, mean 61.5.
        Assert.Equal([15, 30, 255, 255, 0, 150], ColourAdjustment.Brightness(picture, 1.5f).Bytes);
        Assert.Equal([35, 40, 130, 155, 30, 80], ColourAdjustment.Contrast(picture, 0.5f).Bytes);
        Assert.Equal([23, 28, 118, 168, 43, 93], ColourAdjustment.Saturation(picture, 0.5f).Bytes);
        Assert.Equal([0, 3, 255, 255, 0, 114], ColourAdjustment.Saturation(picture, 2f).Bytes);
        Assert.Equal(picture.Bytes, ColourAdjustment.Contrast(picture, 1).Bytes);
    }

    private static Picture Apply(int function, Picture picture, RandomStream key) => function switch
    {
        0 => Augmentation.PadCrop(picture, 2, key),
        1 => Augmentation.RandomFlip(picture, key),
        _ => Augmentation.ColourJitter(picture, 0.4f, 0.4f, 0.4f, key),
    };

    private static Picture Sample(int width, int height)
    {
        Picture picture = new(width, height, 3);
        new Random(width).NextBytes(picture.Bytes);
        return picture;
    }
}
