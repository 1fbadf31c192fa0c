namespace NonLocal.Tests;

/// <summary>What work allocates on the thread that does it.</summary>
internal static class Allocation
{
    private const int MostAttempts = 1000;

    /// <summary>The bytes, all of them.</summary>
    /// <remarks>
    /// Where another thread's allocations bring about a collection meanwhile, the runtime counts the rest of this thread's allocation
    /// context, up to 8 KB, as allocated. Such a measurement says nothing and is made again.
    /// </remarks>
    public static long Of(Action work)
    {
        for (int attempt = 1; ; attempt++)
        {
            int collections = GC.CollectionCount(0);
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            if (GC.CollectionCount(0) == collections || attempt == MostAttempts)
            {
                return bytes;
            }
        }
    }
}
