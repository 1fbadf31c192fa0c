using NonLocal.Layers;
using NonLocal.Tensors;

namespace NonLocal.Tests.Layers;

public class InitializerTests
{
    [Fact]
    public void Conv_Default_IsUniformInPyTorchBounds()
    {
        Conv layer = new(16, 64, [3, 3], groups: 4);
        layer.EnsureInitialized();
        double bound = 1 / Math.Sqrt(4 * 9);
        float[] values = layer.Weight.Value.Span.ToArray();
        Assert.InRange(values.Max(), bound * 0.98, bound);
        Assert.InRange(values.Min(), -bound, -bound * 0.98);
        Assert.Equal(bound / Math.Sqrt(3), Deviation(values), bound * 0.05);
        Assert.InRange(layer.Bias!.Value.Span.ToArray().Max(), bound * 0.5, bound);
    }

    [Fact]
    public void Linear_Default_IsUniformInPyTorchBounds()
    {
        Linear layer = new(25, 400);
        layer.EnsureInitialized();
        Assert.InRange(layer.Weight.Value.Span.ToArray().Max(), 0.196f, 0.2f);
        Assert.InRange(layer.Bias!.Value.Span.ToArray().Min(), -0.2f, -0.19f);
    }

    [Fact]
    public void KaimingNormal_FanOutAndFanIn_HaveTheirDeviations()
    {
        Conv outward = new(32, 64, [3, 3], initializer: Initializers.KaimingNormalFanOut);
        Conv inward = new(32, 64, [3, 3], initializer: Initializers.KaimingNormalFanIn);
        outward.EnsureInitialized();
        inward.EnsureInitialized();
        Assert.Equal(Math.Sqrt(2.0 / (64 * 9)), Deviation(outward.Weight.Value.Span.ToArray()), 0.002);
        Assert.Equal(Math.Sqrt(2.0 / (32 * 9)), Deviation(inward.Weight.Value.Span.ToArray()), 0.002);
    }

    private static double Deviation(float[] values) => Math.Sqrt(values.Average(value => (double)value * value));
}
