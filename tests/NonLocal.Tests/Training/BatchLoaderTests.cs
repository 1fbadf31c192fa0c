using NonLocal.Training;

namespace NonLocal.Tests.Training;

public class BatchLoaderTests
{
    [Fact]
    public void OrderOf_Training_IsAPermutationOfItsOwnForEachEpochAndSeed()
    {
        BatchLoader loader = new(new NumberSource(100), 10, seed: 3, training: true);
        int[] first = loader.OrderOf(0).ToArray();
        Assert.Equal(Enumerable.Range(0, 100), first.Order());
        Assert.NotEqual(first, loader.OrderOf(1).ToArray());
        Assert.NotEqual(loader.OrderOf(1).ToArray(), loader.OrderOf(2).ToArray());
        Assert.Equal(first, loader.OrderOf(0).ToArray());
        Assert.NotEqual(first, new BatchLoader(new NumberSource(100), 10, seed: 4, training: true).OrderOf(0).ToArray());
    }

    [Fact]
    public void OrderOf_ThreeSamples_EveryPermutationEquallyOften()
    {
        BatchLoader loader = new(new NumberSource(3), 1, seed: 5, training: true);
        Dictionary<string, int> counts = [];
        for (int epoch = 0; epoch < 6000; epoch++)
        {
            string order = string.Join(' ', loader.OrderOf(epoch).ToArray());
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        Assert.Equal(6, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 880, 1120));
    }

    [Fact]
    public void Read_Training_LeavesOutTheLastSamples()
    {
        BatchLoader loader = new(new NumberSource(23), 5, seed: 1, training: true);
        Assert.Equal(4, loader.BatchesInEpoch);
        Assert.All(Everything(loader, 0, 0, 2, 2, 2), batch => Assert.Equal(5, batch.Rows));
    }

    [Fact]
    public void Read_Evaluation_KeepsTheOrderAndEndsWithAShortBatch()
    {
        BatchLoader loader = new(new NumberSource(7), 3, seed: 1, training: false);
        List<(int Rows, float[] Inputs, float[] Targets)> batches = Everything(loader, 0, 0, 1, 2, 2);
        Assert.Equal([3, 3, 1], batches.Select(batch => batch.Rows));
        Assert.Equal([2f, 0, 0], batches[2].Targets);
        Assert.All(batches[2].Inputs.Skip(NumberSource.Features), number => Assert.Equal(0, number));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(7, 4)]
    [InlineData(50, 2)]
    public void Read_AnyThreadsAndDepth_SameBatchesFromAnyPlace(int ahead, int threads)
    {
        BatchLoader loader = new(new NumberSource(23), 4, seed: 1, training: true);
        List<(int Rows, float[] Inputs, float[] Targets)> expected = Everything(loader, 0, 0, 3, 0, 1);
        Assert.Equal(15, expected.Count);
        for (int from = 0; from < expected.Count; from++)
        {
            List<(int Rows, float[] Inputs, float[] Targets)> found = Everything(loader, from / 5, from % 5, 3, ahead, threads);
            Assert.Equal(expected.Skip(from).SelectMany(batch => batch.Inputs), found.SelectMany(batch => batch.Inputs));
            Assert.Equal(expected.Skip(from).SelectMany(batch => batch.Targets), found.SelectMany(batch => batch.Targets));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Next_BrokenSample_ThrowsAtItsBatch(int ahead)
    {
        BatchLoader loader = new(new NumberSource(12, failing: 5), 3, seed: 1, training: false);
        using BatchReader reader = loader.Read(0, 0, 1, ahead, 2);
        Assert.Equal(3, reader.Next()!.Rows);
        Assert.Contains("sample 5", Assert.Throws<InvalidDataException>(() => reader.Next()).Message);
    }

    [Fact]
    public void Dispose_BeforeTheEnd_StopsTheThreads()
    {
        BatchReader reader = new BatchLoader(new NumberSource(100), 3, seed: 1, training: true).Read(0, 0, 1000, 4, 3);
        reader.Next();
        reader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => reader.Next());
    }

    [Fact]
    public void Create_SourceSmallerThanABatch_Throws() =>
        Assert.Contains(
            "expected at least 4",
            Assert.Throws<ArgumentException>(() => new BatchLoader(new NumberSource(3), 4, seed: 1, training: true)).Message);

    private static List<(int Rows, float[] Inputs, float[] Targets)> Everything(
        BatchLoader loader, int epoch, int index, int end, int ahead, int threads)
    {
        using BatchReader reader = loader.Read(epoch, index, end, ahead, threads);
        List<(int Rows, float[] Inputs, float[] Targets)> all = [];
        while (reader.Next() is { } batch)
        {
            all.Add((batch.Rows, [.. batch.Inputs], [.. batch.Targets]));
        }

        return all;
    }
}
