using NonLocal.Tensors.Kernels;

namespace NonLocal.Tensors.Tests.Kernels;

/// <summary>Into how many parts products are cut that two threads are to end at the same time.</summary>
public class ProductPartsTests
{
    [Theory]
    [InlineData(49, 512, 4608)]
    [InlineData(49, 512, 2304)]
    [InlineData(100, 128, 6000)]
    public void Plan_SmallOutputOfALongInnerLength_HasEvenlyManyParts(int rows, int columns, int inner)
    {
        ProductPlan plan = MatrixProduct.Plan(new(1, rows, columns, inner));

        Assert.True(plan.Splits > 1);
        Assert.Equal(0, plan.Tasks % 2);
        Assert.InRange(plan.SplitLength * plan.Splits, inner, inner + (plan.Splits * 4));
    }

    [Fact]
    public void Direct_OneRowOfAClassifier_IsSharedOut() =>
        Assert.InRange(new DirectProduct { Sizes = new(1, 1, 1000, 2048) }.Parts, 4, 32);
}
