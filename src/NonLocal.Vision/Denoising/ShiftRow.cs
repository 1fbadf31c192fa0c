namespace NonLocal.Vision.Denoising;

/// <summary>Shifts δ between patches that lie beside each other.</summary>
/// <param name="Frame">The picture that the partner q = p + δ is in.</param>
/// <param name="IsPair">Whether w(p, p + δ) is also w(p + δ, p) and counts for both: within one picture, where −δ is left out.</param>
/// <param name="Y">Rows down.</param>
/// <param name="First">Columns to the right, of the first.</param>
/// <param name="Count">How many there are.</param>
internal readonly record struct ShiftRow(int Frame, bool IsPair, int Y, int First, int Count)
{
    /// <summary>All shifts of a window, in a fixed order: half of them within the picture itself, all to the others.</summary>
    public static IEnumerable<ShiftRow> All(DenoisingSizes sizes)
    {
        int r = sizes.Search;
        for (int frame = 0; frame < sizes.Frames; frame++)
        {
            bool isPair = frame == sizes.Frame;
            for (int y = isPair ? 0 : -r; y <= r; y++)
            {
                int first = isPair && y == 0 ? 1 : -r;
                if (first <= r)
                {
                    yield return new(frame, isPair, y, first, r - first + 1);
                }
            }
        }
    }

    /// <summary>The same in parts of at most <paramref name="size"/> shifts.</summary>
    public IEnumerable<ShiftRow> Groups(int size)
    {
        for (int done = 0; done < Count; done += size)
        {
            yield return this with { First = First + done, Count = Math.Min(size, Count - done) };
        }
    }
}
