using NonLocal.Vision.Drawing;

namespace NonLocal.Vision.Tests.Drawing;

public class LogAxisTests
{
    [Fact]
    public void Place_EqualFactors_TakeEqualSpace()
    {
        LogAxis axis = new(256, 65536, 100, 500);
        Assert.Equal(100, axis.Place(256), 9);
        Assert.Equal(200, axis.Place(1024), 9);
        Assert.Equal(500, axis.Place(65536), 9);
    }

    [Theory]
    [InlineData(new double[] { 0.03, 700 }, 0.02, 1000, new double[] { 0.1, 1, 10, 100, 1000 })]
    [InlineData(new double[] { 1, 100 }, 1, 100, new double[] { 1, 10, 100 })]
    [InlineData(new double[] { 300, 400 }, 100, 1000, new double[] { 100, 1000 })]
    [InlineData(new double[] { 5 }, 1, 10, new double[] { 1, 10 })]
    public void Around_Numbers_BeginsAndEndsRoundWithAPowerOfTen(double[] numbers, double low, double high, double[] powers)
    {
        LogAxis axis = LogAxis.Around(numbers, 0, 1);
        Assert.Equal(0, axis.Place(low), 9);
        Assert.Equal(1, axis.Place(high), 9);
        Assert.Equal(powers, axis.Powers().Select(power => Math.Round(power, 6)));
    }
}
