namespace NonLocal.Vision.Pictures;

/// <summary>The pixels that one pass of a PNG brings: every <c>StepX</c>-th of every <c>StepY</c>-th row.</summary>
internal readonly record struct PngPass(int StartX, int StartY, int StepX, int StepY)
{
    /// <summary>The one pass of a picture that is not interlaced.</summary>
    private static readonly PngPass[] Whole = [new(0, 0, 1, 1)];

    // PNG specification, 8.2 "Interlace methods".
    private static readonly PngPass[] Adam7 =
    [
        new(0, 0, 8, 8), new(4, 0, 8, 8), new(0, 4, 4, 8), new(2, 0, 4, 4), new(0, 2, 2, 4), new(1, 0, 2, 2), new(0, 1, 1, 2),
    ];

    /// <summary>The passes in the order of the file. Those without a pixel take no bytes at all.</summary>
    public static ReadOnlySpan<PngPass> Of(bool interlaced) => interlaced ? Adam7 : Whole;

    /// <summary>Pixels of the pass in one of its rows, of a picture <paramref name="width"/> wide.</summary>
    public int Columns(int width) => Math.Max(0, (width - StartX + StepX - 1) / StepX);

    /// <summary>Rows of the pass, of a picture <paramref name="height"/> high.</summary>
    public int Rows(int height) => Math.Max(0, (height - StartY + StepY - 1) / StepY);

    /// <summary>Bytes of all passes together with one filter byte a row: exactly what the image data has to hold.</summary>
    public static long TotalBytes(in PngHeader header)
    {
        long total = 0;
        foreach (PngPass pass in Of(header.Interlaced))
        {
            int columns = pass.Columns(header.Width);
            total += columns == 0 ? 0 : pass.Rows(header.Height) * (1L + header.RowBytes(columns));
        }

        return total;
    }
}
