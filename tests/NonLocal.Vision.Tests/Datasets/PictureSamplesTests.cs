using NonLocal.Formats;
using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Datasets.Generated;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Datasets;

public class PictureSamplesTests
{
    private static readonly float[] Mean = [0.5f, 0.25f, 0.1f];
    private static readonly float[] Deviation = [0.2f, 0.3f, 0.4f];
    private static readonly DistantMarks Set = new(10, seed: 1);

    [Fact]
    public void Fill_WithoutAugmentation_GivesNormalisedPictureAndClass()
    {
        (float[] input, float target) = Sample(new(Set, 32, 32, Mean, Deviation), 3, epoch: 0);

        Assert.Equal(PictureTransform.Normalize(Set.Read(3), Mean, Deviation), input);
        Assert.Equal(1, target);
    }

    [Fact]
    public void Fill_WithAugmentation_IsAFunctionOfTheKey()
    {
        PictureSamples samples = new(Set, 32, 32, Mean, Deviation, (picture, key) => Augmentation.PadCrop(picture, 4, key));
        Picture expected = Augmentation.PadCrop(Set.Read(3), 4, Augmentation.KeyOf(9, 2, 3));

        Assert.Equal(PictureTransform.Normalize(expected, Mean, Deviation), Sample(samples, 3, epoch: 2).Input);
        Assert.NotEqual(Sample(samples, 3, epoch: 3).Input, Sample(samples, 3, epoch: 2).Input);
    }

    [Fact]
    public void Fill_GreyPicture_IsRepeated()
    {
        DecodedPictures grey = new(1, 1, 1, [[51]], [0], ["only"], i => $"picture {i}");

        float[] input = Sample(new(grey, 1, 1, Mean, Deviation), 0, epoch: 0).Input;

        Assert.Equal([-1.5f, -0.05f / 0.3f, 0.25f], input, (left, right) => Math.Abs(left - right) < 1e-6f);
    }

    [Fact]
    public void Fill_AnotherSize_IsRefusedByName()
    {
        PictureSamples samples = new(Set, 28, 28, Mean, Deviation);

        FileFormatException error = Assert.Throws<FileFormatException>(() => Sample(samples, 3, 0));

        Assert.Equal("distant marks, seed 1: picture 3: the picture has 32 x 32 pixels, expected 28 x 28", error.Message);
    }

    private static (float[] Input, float Target) Sample(PictureSamples samples, int index, uint epoch)
    {
        float[] input = new float[samples.InputShape.Count];
        float[] target = new float[1];
        RandomStream key = Augmentation.KeyOf(9, epoch, (uint)index);
        samples.Fill(index, key, input, target);
        return (input, target[0]);
    }
}
