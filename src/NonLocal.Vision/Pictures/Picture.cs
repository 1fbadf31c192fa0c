namespace NonLocal.Vision.Pictures;

/// <summary>A picture of 8-bit samples, [height, width, channels], rows from top to bottom.</summary>
public sealed class Picture
{
    /// <summary>A black picture (transparent where it has alpha).</summary>
    /// <param name="width">Pixels in a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="channels">1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha (not premultiplied).</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1, or other channels than 1 to 4.</exception>
    public Picture(int width, int height, int channels)
        : this(width, height, channels, new byte[Size(width, height, channels)])
    {
    }

    /// <summary>A picture around existing samples, which are not copied.</summary>
    /// <param name="width">Pixels in a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="channels">1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha (not premultiplied).</param>
    /// <param name="bytes">Samples [height, width, channels].</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1, or other channels than 1 to 4.</exception>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> has another length than the sizes say.</exception>
    public Picture(int width, int height, int channels, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        int size = Size(width, height, channels);
        if (bytes.Length != size)
        {
            throw new ArgumentException(
                $"a picture of {width} x {height} x {channels} has {size} bytes, got {bytes.Length}", nameof(bytes));
        }

        Width = width;
        Height = height;
        Channels = channels;
        Bytes = bytes;
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.</summary>
    public int Channels { get; }

    /// <summary>The samples, [height, width, channels].</summary>
    public byte[] Bytes { get; }

    /// <summary>The samples of row <paramref name="y"/>, [width, channels].</summary>
    public Span<byte> Row(int y) => Bytes.AsSpan(checked(y * Width * Channels), Width * Channels);

    private static int Size(int width, int height, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, 4);
        return checked(width * height * channels);
    }
}
