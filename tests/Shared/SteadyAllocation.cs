namespace NonLocal.Testing;

/// <summary>What a thread takes from the managed heap whenever it does something.</summary>
internal static class SteadyAllocation
{
    private const int Times = 3;

    /// <summary>
    /// The least that the calling thread allocates in three runs. What the runtime sets up once in a process, such as what locks need when
    /// threads first meet at one, falls into one run at most.
    /// </summary>
    /// <param name="run">What has run before.</param>
    public static long Of(Action run)
    {
        long least = long.MaxValue;
        for (int time = 0; time < Times; time++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
