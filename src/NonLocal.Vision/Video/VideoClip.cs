using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Video;

/// <summary>Frames of a video in memory: 8-bit RGB samples, [frames, height, width, 3].</summary>
public sealed class VideoClip
{
    /// <summary>A clip around existing samples, which are not copied.</summary>
    /// <param name="width">Pixels in a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="bytes">Samples [frames, height, width, 3], at least one frame.</param>
    /// <param name="rate">Frames per second of the video, or null where that is not known.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size below 1.</exception>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not a number of whole frames.</exception>
    public VideoClip(int width, int height, byte[] bytes, FrameRate? rate = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentNullException.ThrowIfNull(bytes);
        int size = checked(width * height * 3);
        if (bytes.Length == 0 || bytes.Length % size != 0)
        {
            throw new ArgumentException(
                $"a frame of {width} x {height} x 3 has {size} bytes; got {bytes.Length}, expected whole frames, at least one",
                nameof(bytes));
        }

        Width = width;
        Height = height;
        Bytes = bytes;
        Rate = rate;
    }

    /// <summary>How many frames there are.</summary>
    public int Count => Bytes.Length / FrameBytes;

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Frames per second of the video that the clip is from, or null where that is not known.</summary>
    public FrameRate? Rate { get; }

    /// <summary>The samples, [frames, height, width, 3].</summary>
    public byte[] Bytes { get; }

    private int FrameBytes => Width * Height * 3;

    /// <summary>The samples of one frame, [height, width, 3].</summary>
    /// <param name="index">From 0.</param>
    public Span<byte> Frame(int index) => Bytes.AsSpan(checked(index * FrameBytes), FrameBytes);

    /// <summary>One frame as a picture of its own.</summary>
    /// <param name="index">From 0.</param>
    public Picture ToPicture(int index) => new(Width, Height, 3, Frame(index).ToArray());
}
