using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Runtime;

public sealed unsafe class WorkerPoolTests
{
    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 1000)]
    [InlineData(8, 5)]
    [InlineData(8, 4099)]
    public void Run_AnyNumberOfThreadsAndParts_DoesEveryPartOnce(int threads, int parts)
    {
        using WorkerPool pool = new(threads);
        int[] runs = new int[parts];
        for (int round = 0; round < 20; round++)
        {
            fixed (int* first = runs)
            {
                CountingJob job = new() { Runs = first };
                pool.Run(ref job, parts);
            }
        }

        Assert.All(runs, count => Assert.Equal(20, count));
    }

    [Fact]
    public void Run_WorkerHeldUp_OthersDoItsParts()
    {
        using WorkerPool pool = new(2);
        int* done = stackalloc int[1];
        *done = 0;
        HeldUpJob job = new() { Done = done, Parts = 100 };
        pool.Run(ref job, job.Parts);
        Assert.Equal(job.Parts, *done);
    }

    [Fact]
    public void Run_PartFails_ThrowsItsErrorAndWorksAgain()
    {
        using WorkerPool pool = new(4);
        FailingJob failing = default;
        Assert.Throws<InvalidDataException>(() => pool.Run(ref failing, 1000));
        int[] runs = new int[1000];
        fixed (int* first = runs)
        {
            CountingJob job = new() { Runs = first };
            pool.Run(ref job, runs.Length);
        }

        Assert.All(runs, count => Assert.Equal(1, count));
    }

    private struct CountingJob : IParallelJob
    {
        public int* Runs;

        public readonly void Execute(int index, int worker) => Interlocked.Increment(ref Runs[index]);
    }

    // The first part waits for all others, of which the worker that began it has half.
    private struct HeldUpJob : IParallelJob
    {
        public int* Done;
        public int Parts;

        public readonly void Execute(int index, int worker)
        {
            while (index == 0 && Volatile.Read(ref *Done) < Parts - 1)
            {
                Thread.Yield();
            }

            Interlocked.Increment(ref *Done);
        }
    }

    private struct FailingJob : IParallelJob
    {
        public readonly void Execute(int index, int worker)
        {
            if (index == 500)
            {
                throw new InvalidDataException();
            }
        }
    }
}
