using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>The scan header (SOS), checked: which coefficients of which components follow.</summary>
internal sealed class JpegScan
{
    /// <summary>The components, in the order in which their blocks alternate.</summary>
    public required JpegComponent[] Components { get; init; }

    /// <summary>One table a component for first coefficients; null where the scan has none.</summary>
    public required JpegHuffman?[] First { get; init; }

    /// <summary>One table a component for the other coefficients; null where the scan has none.</summary>
    public required JpegHuffman?[] Others { get; init; }

    /// <summary>First coefficient, in zigzag order.</summary>
    public required int Start { get; init; }

    /// <summary>Last coefficient, in zigzag order.</summary>
    public required int End { get; init; }

    /// <summary>The lowest bit that earlier scans gave plus one, or zero when this is the first.</summary>
    public required int High { get; init; }

    /// <summary>The lowest bit that this scan gives.</summary>
    public required int Low { get; init; }

    /// <summary>Reads the segment.</summary>
    /// <param name="data">The segment without its length.</param>
    /// <param name="frame">The frame it belongs to, whose components learn what will be known of them.</param>
    /// <param name="first">Huffman tables 0 to 3 for first coefficients.</param>
    /// <param name="others">Huffman tables 0 to 3 for the others.</param>
    /// <exception cref="FileFormatException">Values that JPEG does not have, or a table that is missing.</exception>
    public static JpegScan Parse(ReadOnlySpan<byte> data, JpegFrame frame, JpegHuffman?[] first, JpegHuffman?[] others)
    {
        int count = data.IsEmpty ? 0 : data[0];
        if (count is < 1 or > 4 || data.Length != 4 + (2 * count))
        {
            throw new FileFormatException($"a scan header of {data.Length} bytes names {count} components");
        }

        JpegComponent[] components = new JpegComponent[count];
        JpegHuffman?[] firstOf = new JpegHuffman?[count];
        JpegHuffman?[] othersOf = new JpegHuffman?[count];
        for (int i = 0; i < count; i++)
        {
            int id = data[1 + (2 * i)];
            JpegComponent? found = Array.Find(frame.Components, component => component.Id == id && !components.Contains(component));
            components[i] = found ?? throw new FileFormatException($"a scan names component {id}, which the frame does not have");
            int tables = data[2 + (2 * i)];
            firstOf[i] = (tables >> 4) < 4 ? first[tables >> 4] : null;
            othersOf[i] = (tables & 15) < 4 ? others[tables & 15] : null;
        }

        ReadOnlySpan<byte> range = data[^3..];
        JpegScan scan = new()
        {
            Components = components,
            First = firstOf,
            Others = othersOf,
            Start = frame.Progressive ? range[0] : 0,
            End = frame.Progressive ? range[1] : JpegComponent.BlockSize - 1,
            High = frame.Progressive ? range[2] >> 4 : 0,
            Low = frame.Progressive ? range[2] & 15 : 0,
        };
        scan.CheckRange(frame.Progressive);
        scan.CheckTables();
        scan.CheckProgress();
        return scan;
    }

    private void CheckRange(bool progressive)
    {
        bool valid = Start <= End && End < JpegComponent.BlockSize && Low <= 13 && (High == 0 || High == Low + 1);
        if (valid && progressive)
        {
            valid = Start == 0 ? End == 0 : Components.Length == 1;
        }

        if (!valid)
        {
            throw new FileFormatException(
                $"a scan of {Components.Length} components has coefficients {Start} to {End}, bits {High} to {Low}, "
                + "which JPEG does not allow");
        }
    }

    private void CheckTables()
    {
        for (int i = 0; i < Components.Length; i++)
        {
            bool missing = (Start == 0 && High == 0 && First[i] is null) || (End > 0 && Others[i] is null);
            if (missing)
            {
                throw new FileFormatException(
                    $"a scan of component {Components[i].Id} uses a Huffman table that the file does not define");
            }

            if (Start == 0 && High == 0 && First[i]!.Largest > 15)
            {
                throw new FileFormatException($"a Huffman table gives first coefficients {First[i]!.Largest} bits, expected at most 15");
            }
        }
    }

    // Every coefficient comes once as a whole, or from its high bits down one bit a scan; the first coefficient before the others.
    private void CheckProgress()
    {
        foreach (JpegComponent component in Components)
        {
            for (int i = Start; i <= End; i++)
            {
                int known = component.KnownBits[i];
                bool expected = known < 0 ? High == 0 : High > 0 && known == High;
                if (!expected || (Start > 0 && component.KnownBits[0] < 0))
                {
                    throw new FileFormatException(
                        $"a scan gives bits {High} to {Low} of coefficient {i} of component {component.Id}, "
                        + "which do not follow those before");
                }

                component.KnownBits[i] = Low;
            }
        }
    }
}
