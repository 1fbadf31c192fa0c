namespace NonLocal.Vision.Pictures;

/// <summary>
/// Brings a row of a component to the width of the picture. Half sizes are interpolated with libjpeg's triangle filter (a
/// quarter of the neighbour further away, rounded alternately up and down); other ratios repeat the nearest sample.
/// </summary>
internal sealed class JpegUpsampling
{
    // libjpeg interpolates along rows only where there are neighbours on both sides.
    private const int SmallestWidth = 3;

    private readonly JpegComponent component;
    private readonly JpegFrame frame;
    private readonly byte[] samples;
    private readonly int[] sums;
    private readonly bool halfWidth;
    private readonly bool halfHeight;

    /// <summary>A component, transformed into samples.</summary>
    public JpegUpsampling(JpegFrame frame, JpegComponent component)
    {
        this.frame = frame;
        this.component = component;
        samples = component.Samples();
        sums = new int[component.Width];
        bool doubled = 2 * component.Horizontal == frame.MaximumHorizontal;
        bool same = component.Horizontal == frame.MaximumHorizontal;
        bool doubledRows = 2 * component.Vertical == frame.MaximumVertical;
        bool sameRows = component.Vertical == frame.MaximumVertical;
        halfWidth = doubled && (sameRows || doubledRows) && component.Width >= SmallestWidth;
        halfHeight = doubledRows && (same || halfWidth);
    }

    /// <summary>Row <paramref name="y"/> of the picture.</summary>
    public void Row(int y, Span<byte> target)
    {
        if (halfWidth)
        {
            Span<int> row = sums;
            Combine(y, row);
            Widen(row, target, halfHeight);
        }
        else if (halfHeight)
        {
            Combine(y, sums);
            int rounding = (y & 1) + 1;
            for (int x = 0; x < target.Length; x++)
            {
                target[x] = (byte)((sums[x] + rounding) >> 2);
            }
        }
        else
        {
            Repeat(Samples(y * component.Vertical / frame.MaximumVertical), target);
        }
    }

    private ReadOnlySpan<byte> Samples(int row) => samples.AsSpan(row * 8 * component.BlockColumns, component.Width);

    private void Repeat(ReadOnlySpan<byte> row, Span<byte> target)
    {
        if (component.Horizontal == frame.MaximumHorizontal)
        {
            row.CopyTo(target);
            return;
        }

        for (int x = 0; x < target.Length; x++)
        {
            target[x] = row[x * component.Horizontal / frame.MaximumHorizontal];
        }
    }

    // Three quarters of the row that the picture's row lies in and one of the neighbour it lies nearer to, times four.
    private void Combine(int y, Span<int> row)
    {
        int near = halfHeight ? y >> 1 : y;
        ReadOnlySpan<byte> nearRow = Samples(near)[..row.Length];
        if (!halfHeight)
        {
            for (int x = 0; x < row.Length; x++)
            {
                row[x] = nearRow[x];
            }

            return;
        }

        int far = Math.Clamp((y & 1) == 0 ? near - 1 : near + 1, 0, component.Height - 1);
        ReadOnlySpan<byte> farRow = Samples(far)[..row.Length];
        for (int x = 0; x < row.Length; x++)
        {
            row[x] = (3 * nearRow[x]) + farRow[x];
        }
    }

    // The same along the row; libjpeg rounds a sum of sixteenths by 8 and 7, one of quarters by 1 and 2.
    private static void Widen(ReadOnlySpan<int> row, Span<byte> target, bool sixteenths)
    {
        (int even, int odd, int shift) = sixteenths ? (8, 7, 4) : (1, 2, 2);
        int last = row.Length - 1;
        int previous = row[0];
        for (int i = 0; i < last; i++)
        {
            int centre = row[i];
            target[2 * i] = (byte)(((3 * centre) + previous + even) >> shift);
            target[(2 * i) + 1] = (byte)(((3 * centre) + row[i + 1] + odd) >> shift);
            previous = centre;
        }

        target[2 * last] = (byte)(((3 * row[last]) + previous + even) >> shift);
        if (target.Length > (2 * last) + 1)
        {
            target[(2 * last) + 1] = (byte)(((4 * row[last]) + odd) >> shift);
        }
    }
}
