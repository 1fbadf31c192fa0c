using NonLocal.Vision.Datasets;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Datasets;

public class DatasetCheckTests
{
    [Fact]
    public void Verify_AnotherSizeThanNearlyAll_IsUnusualButNotBad()
    {
        DatasetReport report = DatasetCheck.Verify(new Odd(count: 20, oddOnes: 2));

        Assert.True(report.IsGood);
        Assert.Equal([((2, 2, 1), 18), ((3, 2, 1), 2)], report.Sizes);
        Assert.Equal([0, 1], report.Unusual.Select(picture => picture.Index));
        Assert.Equal("odd 0: the picture is 3 x 2 x 1, nearly all others are 2 x 2 x 1", report.Unusual[0].Problem);
        Assert.Empty(DatasetCheck.Verify(new Odd(count: 20, oddOnes: 3)).Unusual);
    }

    [Fact]
    public void Verify_AnyThreads_FindsTheSameAndCountsAll()
    {
        Odd set = new(count: 200, oddOnes: 150);
        List<int> progress = [];

        DatasetReport one = DatasetCheck.Verify(set, width: 2, threads: 1);
        DatasetReport many = DatasetCheck.Verify(set, width: 2, threads: 4, progress: (done, _) => progress.Add(done));

        Assert.Equal(Enumerable.Range(0, 150), many.Bad.Select(bad => bad.Index));
        Assert.Equal(one.Bad, many.Bad);
        Assert.Equal(one.Counts, many.Counts);
        Assert.Equal(200, progress[^1]);
        Assert.Equal(progress.Order(), progress);
    }

    [Fact]
    public void Verify_OtherNumberOfClasses_IsAProblemOfTheSetAndOfEachLabelBeyond()
    {
        DatasetReport fewer = DatasetCheck.Verify(new Odd(count: 4, oddOnes: 0), classes: 1);
        DatasetReport more = DatasetCheck.Verify(new Odd(count: 4, oddOnes: 0), classes: 3);

        Assert.Equal(["the set has 2 classes, expected 1"], fewer.Problems);
        Assert.Equal([(1, "odd 1: the label is 1, expected 0 to 0"), (3, "odd 3: the label is 1, expected 0 to 0")], fewer.Bad);
        Assert.Equal(["the set has 2 classes, expected 3"], more.Problems);
        Assert.Empty(more.Bad);
        Assert.False(more.IsGood);
    }

    [Fact]
    public void Verify_Idx_MayHaveFewerClassesButNoLabelBeyond()
    {
        IdxFile pictures = IdxFile.Read(new MemoryStream(IdxFileTests.Sample(3, 2, 2)));
        IdxFile labels = IdxFile.Read(new MemoryStream([0, 0, 8, 1, 0, 0, 0, 3, 0, 2, 1]));
        DecodedPictures set = DecodedPictures.OfIdx(pictures, labels, "p");

        Assert.True(DatasetCheck.Verify(set, classes: 10).IsGood);
        DatasetReport report = DatasetCheck.Verify(set, classes: 2);
        Assert.Equal([(1, "p: item 1: the label is 2, expected 0 to 1")], report.Bad);
        Assert.Empty(report.Problems);
    }

    // Two classes by turns; the first pictures are a pixel wider.
    private sealed class Odd(int count, int oddOnes) : PictureSet
    {
        public override string Kind => "odd pictures";

        public override int Count => count;

        public override IReadOnlyList<string> ClassNames => ["even", "odd"];

        public override int Label(int index) => index % 2;

        public override string Source(int index) => $"odd {index}";

        public override Picture Read(int index) => new(index < oddOnes ? 3 : 2, 2, 1);
    }
}
