using NonLocal.Formats;

namespace NonLocal.Vision.Pictures;

/// <summary>From the chunks of a PNG to its picture, row by row.</summary>
internal static class PngReader
{
    /// <summary>Decodes the picture.</summary>
    /// <exception cref="FileFormatException">Not a PNG, truncated, corrupt, or over a limit.</exception>
    public static Picture Read(ReadOnlyMemory<byte> bytes, ReadLimits limits)
    {
        PngFile file = PngFile.Parse(bytes, limits);
        PngHeader header = file.Header;
        PngSamples samples = new(file);
        using PngImageData data = new(file.ImageData(), PngPass.TotalBytes(header));
        Picture picture = new(header.Width, header.Height, samples.Channels);
        foreach (PngPass pass in PngPass.Of(header.Interlaced))
        {
            ReadPass(header, pass, data, samples, picture);
        }

        data.CheckEnd();
        return picture;
    }

    private static void ReadPass(in PngHeader header, in PngPass pass, PngImageData data, PngSamples samples, Picture picture)
    {
        int columns = pass.Columns(header.Width);
        if (columns == 0)
        {
            return;
        }

        // Each row is its filter byte and then its samples; the row before the first is zeros.
        byte[] row = new byte[1 + header.RowBytes(columns)];
        byte[] above = new byte[row.Length];
        int rows = pass.Rows(header.Height);
        for (int i = 0; i < rows; i++)
        {
            int y = pass.StartY + (i * pass.StepY);
            if (!data.TryRead(row))
            {
                throw new FileFormatException($"the picture's data ends in row {y} of {header.Height}; the file seems to be truncated");
            }

            if (row[0] >= PngFilter.Count)
            {
                throw new FileFormatException($"row {y} has filter type {row[0]}, expected 0 to 4");
            }

            PngFilter.Undo(row[0], row.AsSpan(1), above.AsSpan(1), header.PixelBytes);
            samples.Store(row.AsSpan(1), columns, pass, y, picture.Row(y));
            (row, above) = (above, row);
        }
    }
}
