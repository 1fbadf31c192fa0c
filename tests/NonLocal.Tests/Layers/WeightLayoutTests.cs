using NonLocal.Layers;
using NonLocal.Tensors;

namespace NonLocal.Tests.Layers;

public class WeightLayoutTests
{
    [Fact]
    public void Convolution_EachElement_LandsWherePyTorchHasIt()
    {
        Shape engine = [3, 2, 5, 4];
        float[] content = Numbers(engine);
        float[] published = WeightLayout.Convolution.ToPublished<float>(content, engine);
        Assert.Equal([4, 5, 3, 2], WeightLayout.Convolution.ToPublished(engine));

        // Engine (2, 1, 3, 0) is PyTorch's (0, 3, 2, 1).
        Assert.Equal(content[(((((2 * 2) + 1) * 5) + 3) * 4) + 0], published[(((((0 * 5) + 3) * 3) + 2) * 2) + 1]);
    }

    [Theory]
    [InlineData(WeightLayout.Convolution, "2x3x4x5", "5x4x2x3")]
    [InlineData(WeightLayout.Convolution, "7x4x5", "5x4x7")]
    [InlineData(WeightLayout.Linear, "3x4", "4x3")]
    [InlineData(WeightLayout.Map, "3x5x4", "4x3x5")]
    [InlineData(WeightLayout.Plain, "3x5", "3x5")]
    public void ToEngine_OfPublished_IsTheIdentity(WeightLayout layout, string engine, string published)
    {
        Shape shape = Shape.Parse(engine);
        float[] content = Numbers(shape);
        Assert.Equal(Shape.Parse(published), layout.ToPublished(shape));
        Assert.Equal(content, layout.ToEngine<float>(layout.ToPublished<float>(content, shape), shape));
    }

    private static float[] Numbers(Shape shape) => [.. Enumerable.Range(0, (int)shape.Count).Select(number => (float)number)];
}
