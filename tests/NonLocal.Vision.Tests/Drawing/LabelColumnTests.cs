using NonLocal.Vision.Drawing;

namespace NonLocal.Vision.Tests.Drawing;

public class LabelColumnTests
{
    [Fact]
    public void Spread_LabelsFarApart_StayWhereTheyAre() =>
        Assert.Equal([90, 10, 50], LabelColumn.Spread([90, 10, 50], 14, 0, 100));

    [Fact]
    public void Spread_LabelsThatTouch_StandAroundTheirMean() =>
        Assert.Equal([36, 64, 50], LabelColumn.Spread([49, 51, 50], 14, 0, 100));

    [Fact]
    public void Spread_AtAnEdge_StaysInside() =>
        Assert.Equal([86, 100, 0], LabelColumn.Spread([99, 100, -5], 14, 0, 100));

    [Fact]
    public void Spread_MoreThanFit_StandCloser() =>
        Assert.Equal([0, 25, 50, 75, 100], LabelColumn.Spread([50, 50, 50, 50, 50], 40, 0, 100));

    [Fact]
    public void Spread_AnyLabels_NoneCoversAnotherAndTheOrderStays()
    {
        Random random = new(5);
        for (int trial = 0; trial < 100; trial++)
        {
            double[] wanted = [.. Enumerable.Range(0, 20).Select(_ => Math.Round(400 * random.NextDouble()))];
            double[] places = LabelColumn.Spread(wanted, 14, 0, 360);
            Assert.All(places, place => Assert.InRange(place, -1e-9, 360 + 1e-9));
            double[] inOrder = [.. places.Zip(wanted).OrderBy(pair => pair.Second).ThenBy(pair => pair.First).Select(pair => pair.First)];
            Assert.All(inOrder.Zip(inOrder.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 14 - 1e-9));
        }
    }
}
