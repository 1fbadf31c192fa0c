using System.Runtime.CompilerServices;

namespace NonLocal.Tensors.Runtime;

/// <summary>One piece of work that a <see cref="WorkerPool"/> cuts into numbered parts.</summary>
/// <remarks>Unmanaged, so that the pool can hand every worker its address: starting work allocates nothing.</remarks>
public interface IParallelJob
{
    /// <summary>Does part <paramref name="index"/>. Parts run in any order and at the same time.</summary>
    /// <param name="index">The part, from 0 up to the count given to <see cref="WorkerPool.Run{TJob}"/>.</param>
    /// <param name="worker">
    /// The worker that runs it, 0 up to <see cref="WorkerPool.Threads"/>: chooses scratch memory, never the result.
    /// </param>
    void Execute(int index, int worker);
}

/// <summary>
/// Threads that live as long as the pool and share the parts of one job at a time. The calling thread is worker 0.
/// </summary>
/// <remarks>
/// Which worker runs a part depends on timing; what a part computes must not. Then results have the same bits on any
/// number of threads. An exception in a part is thrown again on the calling thread, after all workers have stopped.
/// </remarks>
public sealed unsafe class WorkerPool : IDisposable
{
    private const int SpinsBeforeSleep = 2000;

    // Two cache lines, which processors fetch together.
    private const int LongsBetweenRanges = 16;

    private readonly Thread[] helpers;
    private readonly long[] ranges;
    private readonly SemaphoreSlim wake = new(0);
    private readonly Lock gate = new();
    private void* job;
    private delegate*<void*, int, int, void> execute;
    private int generation;
    private int inside;
    private bool open;
    private int sleeping;
    private bool disposed;
    private Exception? failure;

    /// <summary>A pool of <paramref name="threads"/> threads, the calling one included.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 1 or more than 1024 threads.</exception>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 1024);
        helpers = new Thread[threads - 1];
        ranges = new long[threads * LongsBetweenRanges];
        for (int i = 0; i < helpers.Length; i++)
        {
            int worker = i + 1;
            helpers[i] = new Thread(() => Serve(worker), maxStackSize: 1 << 20) { IsBackground = true, Name = $"NonLocal worker {worker}" };
            helpers[i].Start();
        }
    }

    /// <summary>The pool that is used when none is given: one thread for each processor.</summary>
    public static WorkerPool Shared { get; } = new(Environment.ProcessorCount);

    /// <summary>How many threads share the work, the calling one included.</summary>
    public int Threads => helpers.Length + 1;

    /// <summary>Runs parts 0 … <paramref name="parts"/>−1 of <paramref name="work"/> and returns when all are done.</summary>
    /// <remarks>One job at a time: a second caller waits. Not to be called from inside a part.</remarks>
    public void Run<TJob>(ref TJob work, int parts)
        where TJob : unmanaged, IParallelJob
    {
        if (parts <= 0)
        {
            return;
        }

        if (parts == 1 || helpers.Length == 0)
        {
            for (int i = 0; i < parts; i++)
            {
                work.Execute(i, 0);
            }

            return;
        }

        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            fixed (TJob* address = &work)
            {
                Share(address, &Invoke<TJob>, parts);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            Volatile.Write(ref disposed, true);
            wake.Release(Math.Max(1, helpers.Length));
        }

        foreach (Thread helper in helpers)
        {
            helper.Join();
        }

        wake.Dispose();
    }

    private static void Invoke<TJob>(void* address, int index, int worker)
        where TJob : unmanaged, IParallelJob =>
        Unsafe.AsRef<TJob>(address).Execute(index, worker);

    private void Share(void* address, delegate*<void*, int, int, void> invoke, int parts)
    {
        job = address;
        execute = invoke;
        failure = null;
        for (int worker = 0; worker < Threads; worker++)
        {
            long first = (long)parts * worker / Threads;
            Range(worker) = (first << 32) | ((long)parts * (worker + 1) / Threads);
        }

        Volatile.Write(ref open, true);
        Interlocked.Increment(ref generation);
        int asleep = Volatile.Read(ref sleeping);
        if (asleep > 0)
        {
            wake.Release(Math.Min(asleep, parts - 1));
        }

        Take(0);

        // Every part is taken now. A helper that comes late finds the job closed and leaves it alone; those that are
        // still inside are waited for.
        Volatile.Write(ref open, false);
        Interlocked.MemoryBarrier();
        SpinWait spin = default;
        while (Volatile.Read(ref inside) > 0)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        if (failure is { } error)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
        }
    }

    // Every worker has neighbouring parts, because parts that lie together in memory and are written by turns cost half as much time again.
    private void Take(int worker)
    {
        try
        {
            for (int i = 0; i < Threads; i++)
            {
                int owner = (worker + i) % Threads;
                while (TryTake(owner, fromStart: owner == worker, out int index))
                {
                    execute(job, index, worker);
                }
            }
        }
        catch (Exception error)
        {
            Interlocked.CompareExchange(ref failure, error, null);
            for (int owner = 0; owner < Threads; owner++)
            {
                Volatile.Write(ref Range(owner), 0);
            }
        }
    }

    // The parts that nobody has begun, as the first in the upper half and the one behind the last in the lower. Their owner takes the
    // first; who has none left takes the last, far from where the owner works.
    private ref long Range(int worker) => ref ranges[worker * LongsBetweenRanges];

    private bool TryTake(int owner, bool fromStart, out int index)
    {
        ref long range = ref Range(owner);
        long seen = Volatile.Read(ref range);
        while (true)
        {
            long first = seen >> 32;
            long end = seen & int.MaxValue;
            if (first >= end)
            {
                index = -1;
                return false;
            }

            long left = fromStart ? ((first + 1) << 32) | end : (first << 32) | (end - 1);
            long found = Interlocked.CompareExchange(ref range, left, seen);
            if (found == seen)
            {
                index = (int)(fromStart ? first : end - 1);
                return true;
            }

            seen = found;
        }
    }

    private void Serve(int worker)
    {
        int seen = 0;
        while (true)
        {
            AwaitNextJob(seen);
            if (Volatile.Read(ref disposed))
            {
                return;
            }

            seen = Volatile.Read(ref generation);
            Interlocked.Increment(ref inside);
            if (Volatile.Read(ref open))
            {
                Take(worker);
            }

            Interlocked.Decrement(ref inside);
        }
    }

    // A worker spins briefly, because kernels follow each other within microseconds, and then sleeps.
    private void AwaitNextJob(int seen)
    {
        for (int i = 0; i < SpinsBeforeSleep; i++)
        {
            if (Volatile.Read(ref generation) != seen || Volatile.Read(ref disposed))
            {
                return;
            }

            Thread.SpinWait(20);
        }

        Interlocked.Increment(ref sleeping);
        if (Volatile.Read(ref generation) == seen && !Volatile.Read(ref disposed))
        {
            wake.Wait();
        }

        Interlocked.Decrement(ref sleeping);
    }
}
