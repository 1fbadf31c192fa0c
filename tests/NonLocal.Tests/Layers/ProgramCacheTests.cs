using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;

namespace NonLocal.Tests.Layers;

public class ProgramCacheTests
{
    [Fact]
    public void For_ShapesInTurn_KeepsTheLastUsed()
    {
        ProgramCache cache = new(new Linear(2, 3), capacity: 2);
        Program first = cache.For([1, 2]);
        Program second = cache.For([2, 2]);
        Assert.Same(first, cache.For([1, 2]));
        cache.For([3, 2]);
        Assert.Equal(2, cache.Count);
        Assert.Same(first, cache.For([1, 2]));
        Assert.NotSame(second, cache.For([2, 2]));
    }

    [Fact]
    public void Run_SmallThenLargeThenSmall_GivesTheSameNumbers()
    {
        ProgramCache cache = new(new Linear(2, 3));
        float[] small = cache.Run(Tensor.From([1, 2], [1, 2])).Span.ToArray();
        float[] large = cache.Run(Tensor.From([100, 2], [.. Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? 1f : 2f)])).Span.ToArray();
        Assert.Equal(small, large[..3], (a, b) => MathF.Abs(a - b) < 1e-6f);
        Assert.Equal(small, cache.Run(Tensor.From([1, 2], [1, 2])).Span.ToArray());
    }

    [Fact]
    public void CompileForInference_LayerInTraining_UsesRunningStatisticsAndKeepsTheSwitch()
    {
        BatchNorm norm = new(1, epsilon: 0);
        norm.Train();
        Program program = norm.CompileForInference([2, 1]);
        Assert.Equal([5f, 7f], program.Run(Tensor.From([2, 1], [5, 7]))[0].Span.ToArray());
        Assert.True(norm.Training);
    }
}
