namespace NonLocal.Tensors.Compile;

/// <summary>A piece of the arena and the steps during which it is in use.</summary>
internal sealed class PlannedBuffer(long floats)
{
    public long Floats { get; } = floats;

    /// <summary>The step that writes it first.</summary>
    public int First { get; set; } = int.MaxValue;

    /// <summary>The last step that needs it.</summary>
    public int Last { get; set; } = -1;

    public long Offset { get; set; }

    public void UsedAt(int step)
    {
        First = Math.Min(First, step);
        Last = Math.Max(Last, step);
    }
}

/// <summary>
/// Places buffers so that those in use at the same time do not overlap, one after the other, each at the lowest place that is free during
/// its life. Which order leaves the fewest gaps depends on the program, so several are tried and the smallest arena wins.
/// </summary>
internal static class MemoryPlan
{
    // 64 bytes: every buffer starts on a cache line and a vector boundary.
    private const long Alignment = 16;

    private static readonly Comparison<PlannedBuffer>[] Orders =
    [
        (a, b) => Compare(b.Floats, a.Floats, a.First, b.First),
        (a, b) => Compare(b.Floats, a.Floats, b.Last, a.Last),
        (a, b) => Compare(b.Last - b.First, a.Last - a.First, b.Floats, a.Floats),
        (a, b) => Compare(a.First, b.First, b.Floats, a.Floats),
    ];

    /// <summary>Sets every offset and returns the size of the arena in floats.</summary>
    public static long Place(IEnumerable<PlannedBuffer> buffers)
    {
        PlannedBuffer[] given = [.. buffers];
        Comparison<PlannedBuffer> best = Orders.MinBy(order => PlaceInOrder(given, order))!;
        return PlaceInOrder(given, best);
    }

    private static int Compare(long left, long right, long thenLeft, long thenRight) =>
        left != right ? left.CompareTo(right) : thenLeft.CompareTo(thenRight);

    private static long PlaceInOrder(PlannedBuffer[] buffers, Comparison<PlannedBuffer> order)
    {
        List<PlannedBuffer> placed = [];
        long size = 0;
        foreach (PlannedBuffer buffer in buffers.Order(Comparer<PlannedBuffer>.Create(order)))
        {
            buffer.Offset = LowestFree(buffer, placed);
            int at = placed.FindIndex(other => other.Offset > buffer.Offset);
            placed.Insert(at < 0 ? placed.Count : at, buffer);
            size = Math.Max(size, buffer.Offset + buffer.Floats);
        }

        return size;
    }

    // The buffers placed so far are sorted by offset.
    private static long LowestFree(PlannedBuffer buffer, List<PlannedBuffer> placed)
    {
        long offset = 0;
        foreach (PlannedBuffer other in placed)
        {
            bool together = other.First <= buffer.Last && buffer.First <= other.Last;
            if (!together)
            {
                continue;
            }

            if (other.Offset >= offset + buffer.Floats)
            {
                break;
            }

            offset = Math.Max(offset, Aligned(other.Offset + other.Floats));
        }

        return offset;
    }

    private static long Aligned(long floats) => (floats + Alignment - 1) / Alignment * Alignment;
}
