namespace NonLocal.Vision.Pictures;

/// <summary>The five row filters of PNG (specification, section 9), which store differences to a prediction.</summary>
/// <remarks>Left, above and upper left are the bytes of the neighbouring pixels; outside the picture they are 0.</remarks>
internal static class PngFilter
{
    /// <summary>None, Sub, Up, Average, Paeth: 0 to 4.</summary>
    public const int Count = 5;

    private interface IPrediction
    {
        static abstract int From(byte left, byte above, byte upperLeft);
    }

    /// <summary>Turns filtered bytes back into samples, in place.</summary>
    /// <param name="filter">0 to 4.</param>
    /// <param name="row">Filtered bytes in, samples out.</param>
    /// <param name="above">The samples of the row before, or zeros; as long as <paramref name="row"/>.</param>
    /// <param name="distance">Bytes of a pixel, at least 1.</param>
    public static void Undo(int filter, Span<byte> row, ReadOnlySpan<byte> above, int distance)
    {
        switch (filter)
        {
            case 1:
                Undo<Left>(row, above, distance);
                break;
            case 2:
                Undo<Above>(row, above, distance);
                break;
            case 3:
                Undo<Average>(row, above, distance);
                break;
            case 4:
                Undo<Paeth>(row, above, distance);
                break;
        }
    }

    /// <summary>Writes the filtered form of <paramref name="row"/>.</summary>
    /// <param name="filter">0 to 4.</param>
    /// <param name="row">Samples.</param>
    /// <param name="above">The samples of the row before, or zeros; as long as <paramref name="row"/>.</param>
    /// <param name="distance">Bytes of a pixel, at least 1.</param>
    /// <param name="filtered">As long as <paramref name="row"/>.</param>
    public static void Apply(int filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int distance, Span<byte> filtered)
    {
        switch (filter)
        {
            case 1:
                Apply<Left>(row, above, distance, filtered);
                break;
            case 2:
                Apply<Above>(row, above, distance, filtered);
                break;
            case 3:
                Apply<Average>(row, above, distance, filtered);
                break;
            case 4:
                Apply<Paeth>(row, above, distance, filtered);
                break;
            default:
                row.CopyTo(filtered);
                break;
        }
    }

    private static void Undo<TPrediction>(Span<byte> row, ReadOnlySpan<byte> above, int distance)
        where TPrediction : struct, IPrediction
    {
        above = above[..row.Length];
        int first = Math.Min(distance, row.Length);
        for (int i = 0; i < first; i++)
        {
            row[i] += (byte)TPrediction.From(0, above[i], 0);
        }

        for (int i = first; i < row.Length; i++)
        {
            row[i] += (byte)TPrediction.From(row[i - first], above[i], above[i - first]);
        }
    }

    private static void Apply<TPrediction>(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int distance, Span<byte> filtered)
        where TPrediction : struct, IPrediction
    {
        above = above[..row.Length];
        int first = Math.Min(distance, row.Length);
        for (int i = 0; i < first; i++)
        {
            filtered[i] = (byte)(row[i] - TPrediction.From(0, above[i], 0));
        }

        for (int i = first; i < row.Length; i++)
        {
            filtered[i] = (byte)(row[i] - TPrediction.From(row[i - first], above[i], above[i - first]));
        }
    }

    private readonly struct Left : IPrediction
    {
        public static int From(byte left, byte above, byte upperLeft) => left;
    }

    private readonly struct Above : IPrediction
    {
        public static int From(byte left, byte above, byte upperLeft) => above;
    }

    private readonly struct Average : IPrediction
    {
        public static int From(byte left, byte above, byte upperLeft) => (left + above) >> 1;
    }

    private readonly struct Paeth : IPrediction
    {
        // The neighbour nearest to left + above - upperLeft; ties go to left, then above.
        public static int From(byte left, byte above, byte upperLeft)
        {
            int toLeft = Math.Abs(above - upperLeft);
            int toAbove = Math.Abs(left - upperLeft);
            int toUpperLeft = Math.Abs(left + above - (2 * upperLeft));
            if (toLeft <= toAbove && toLeft <= toUpperLeft)
            {
                return left;
            }

            return toAbove <= toUpperLeft ? above : upperLeft;
        }
    }
}
