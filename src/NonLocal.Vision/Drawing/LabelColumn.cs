namespace NonLocal.Vision.Drawing;

/// <summary>Places labels of one column so that none covers another and each stays near where it belongs.</summary>
internal static class LabelColumn
{
    /// <summary>Spreads labels.</summary>
    /// <param name="wanted">Where each would be alone.</param>
    /// <param name="distance">How far apart they are at the least; less where they would not fit otherwise.</param>
    /// <param name="top">The first place that is allowed.</param>
    /// <param name="bottom">The last one.</param>
    /// <returns>A place for each, in the same order.</returns>
    public static double[] Spread(IReadOnlyList<double> wanted, double distance, double top, double bottom)
    {
        double gap = wanted.Count < 2 ? distance : Math.Min(distance, (bottom - top) / (wanted.Count - 1));
        int[] order = [.. Enumerable.Range(0, wanted.Count).OrderBy(i => wanted[i])];

        // Labels that touch become a group, which stands where its members want to be on average.
        List<(double Middle, int Count)> groups = [];
        foreach (int label in order)
        {
            (double middle, int count) = (Inside(wanted[label], 1), 1);
            while (groups.Count > 0 && middle - groups[^1].Middle < gap * (count + groups[^1].Count) / 2)
            {
                (double above, int more) = groups[^1];
                groups.RemoveAt(groups.Count - 1);
                middle = Inside(((middle * count) + (above * more)) / (count + more), count + more);
                count += more;
            }

            groups.Add((middle, count));
        }

        double[] places = new double[wanted.Count];
        int next = 0;
        foreach ((double middle, int count) in groups)
        {
            for (int i = 0; i < count; i++)
            {
                places[order[next++]] = middle + (gap * (i - ((count - 1) / 2.0)));
            }
        }

        return places;

        double Inside(double middle, int count)
        {
            double half = gap * (count - 1) / 2;
            return Math.Clamp(middle, top + half, Math.Max(top + half, bottom - half));
        }
    }
}
