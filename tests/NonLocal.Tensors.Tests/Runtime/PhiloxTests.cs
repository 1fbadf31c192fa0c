using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Runtime;

public class PhiloxTests
{
    // The known answers that the authors publish with their Random123 library (kat_vectors).
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(
        0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(
        0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Block_PublishedCounters_GivesPublishedWords(
        uint a, uint b, uint c, uint d, uint first, uint second, uint w, uint x, uint y, uint z) =>
        Assert.Equal((w, x, y, z), Philox.Block((a, b, c, d), (first, second)));

    [Fact]
    public void Uniform_ElementByElement_EqualsWhole()
    {
        RandomStream stream = new(7, RandomStream.PurposeOf("layer1.0.conv1.weight"), 3);
        float[] whole = new float[31];
        stream.Uniform(whole);
        Assert.Equal(whole, Enumerable.Range(0, whole.Length).Select(stream.UniformAt));
        Assert.All(whole, number => Assert.InRange(number, 0f, 0.99999994f));
    }

    [Fact]
    public void Uniform_OtherSeedPurposeOrStep_GivesOtherNumbers()
    {
        RandomStream stream = new(1UL << 40, 1UL << 40, 5);
        HashSet<float> first =
        [
            stream.UniformAt(0),
            (stream with { Seed = 0 }).UniformAt(0),
            (stream with { Purpose = 0 }).UniformAt(0),
            (stream with { Step = 0 }).UniformAt(0),
        ];
        Assert.Equal(4, first.Count);
    }

    [Fact]
    public void Uniform_ManyNumbers_HaveMomentsOfUniformDistribution()
    {
        float[] numbers = new float[100_000];
        new RandomStream(1, 2).Uniform(numbers);
        Assert.Equal(0.5, numbers.Average(), 0.005);
        Assert.Equal(1 / 12.0, numbers.Average(number => (number - 0.5) * (number - 0.5)), 0.002);
    }

    [Fact]
    public void Normal_ManyNumbers_HaveMomentsOfNormalDistribution()
    {
        float[] numbers = new float[100_003];
        new RandomStream(1, 2).Normal(numbers);
        Assert.Equal(0, numbers.Average(), 0.02);
        Assert.Equal(1, numbers.Average(number => (double)number * number), 0.02);
        Assert.Equal(3, numbers.Average(number => Math.Pow(number, 4)), 0.15);
    }
}
