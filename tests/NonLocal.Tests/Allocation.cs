namespace NonLocal.Tests;

/// <summary>What work allocates on the thread that does it.</summary>
internal static class Allocation
{
    /// <summary>The bytes, all of them; exact while no collection runs in the background, which the test projects see to.</summary>
    public static long Of(Action work)
    {
        bool isKnown = AppContext.TryGetSwitch("System.GC.Concurrent", out bool inBackground);
        Assert.True(isKnown && !inBackground, "Collections run in the background.");
        long before = GC.GetAllocatedBytesForCurrentThread();
        work();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
