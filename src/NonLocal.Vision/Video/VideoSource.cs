using NonLocal.Formats;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Processes;

namespace NonLocal.Vision.Video;

/// <summary>A video whose frames are read by number. Use from one thread at a time; <see cref="VideoFile.Open"/> makes one.</summary>
public abstract class VideoSource : IDisposable
{
    // A video that ffmpeg decodes is opened anew for each reading.
    private const int MostBytesTogether = 32 << 20;
    private const int MostFramesTogether = 64;

    private readonly string? path;
    private readonly ReadLimits limits;

    /// <summary>A video.</summary>
    /// <param name="path">What errors begin with, or null where only a stream is known.</param>
    /// <param name="limits">What the file may ask for.</param>
    private protected VideoSource(string? path, ReadLimits limits)
    {
        this.path = path;
        this.limits = limits;
    }

    /// <summary>How many frames there are, at least 1.</summary>
    public abstract int Count { get; }

    /// <summary>Pixels in a row of every frame.</summary>
    public abstract int Width { get; }

    /// <summary>Rows of every frame.</summary>
    public abstract int Height { get; }

    /// <summary>Frames per second (their mean where it varies), or null where that is not known.</summary>
    public abstract FrameRate? Rate { get; }

    /// <summary>Reads frames that follow each other.</summary>
    /// <param name="first">The first frame's number, from 0.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The video has no such frames.</exception>
    /// <exception cref="FileFormatException">A frame is corrupt, or the clip over a limit.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public VideoClip Read(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        return Read([.. Enumerable.Range(first, count)]);
    }

    /// <summary>Reads chosen frames, such as those of <see cref="FrameSampling"/>. Each is decoded once.</summary>
    /// <param name="frames">Numbers from 0, at least one, none smaller than the one before it.</param>
    /// <returns>As many frames as there are numbers.</returns>
    /// <exception cref="ArgumentException">No frames, or not in order.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The video has no such frame.</exception>
    /// <exception cref="FileFormatException">A frame is corrupt, or the clip over <see cref="ReadLimits.MaximumClipBytes"/>.</exception>
    /// <exception cref="ProgramMissingException">The video needs ffmpeg, which is not installed.</exception>
    /// <exception cref="IOException">The file cannot be read, or takes too long.</exception>
    public VideoClip Read(ReadOnlySpan<int> frames)
    {
        int[] different = Different(frames);
        try
        {
            int frameBytes = Width * Height * 3;
            byte[] bytes = new byte[ClipBytes(frames.Length, frameBytes)];
            Decode(different, bytes.AsSpan(0, different.Length * frameBytes));

            // From the last, so that no frame is written over before it has been repeated.
            int from = different.Length - 1;
            for (int to = frames.Length - 1; to > 0; to--)
            {
                from -= frames[to] < different[from] ? 1 : 0;
                bytes.AsSpan(from * frameBytes, frameBytes).CopyTo(bytes.AsSpan(to * frameBytes));
            }

            return new(Width, Height, bytes, Rate);
        }
        catch (FileFormatException error) when (path is not null && error.Path is null)
        {
            throw error.In(path);
        }
    }

    /// <summary>All frames in their order, while they are gone through. Up to 32 MB of them (at least one) are read at a time.</summary>
    /// <exception cref="FileFormatException">A frame is corrupt.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public IEnumerable<Picture> Frames()
    {
        int together = Math.Clamp(MostBytesTogether / (Width * Height * 3), 1, MostFramesTogether);
        for (int first = 0; first < Count; first += together)
        {
            VideoClip clip = Read(first, Math.Min(together, Count - first));
            for (int i = 0; i < clip.Count; i++)
            {
                yield return clip.ToPicture(i);
            }
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Refuses frames over a limit, before memory is taken.</summary>
    /// <exception cref="FileFormatException">The frames are over a limit, or have no pixels.</exception>
    internal static void CheckSize(long width, long height, ReadLimits limits)
    {
        if (width < 1 || height < 1)
        {
            throw new FileFormatException($"the video has {width} x {height} pixels, expected at least 1 x 1");
        }

        long mostPixels = Math.Min(limits.MaximumPixels, Array.MaxLength / 3);
        if (Math.Max(width, height) > limits.MaximumSide || width * height > mostPixels)
        {
            throw new FileFormatException(
                $"the video has {width} x {height} pixels, more than the limit of {limits.MaximumSide} a side "
                + $"or of {mostPixels} in all");
        }
    }

    /// <summary>Closes the file.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Decodes frames.</summary>
    /// <param name="frames">Numbers that exist, each larger than the one before it.</param>
    /// <param name="target">[frames, height, width, 3].</param>
    private protected abstract void Decode(ReadOnlySpan<int> frames, Span<byte> target);

    private int[] Different(ReadOnlySpan<int> frames)
    {
        if (frames.IsEmpty)
        {
            throw new ArgumentException("a clip has at least one frame", nameof(frames));
        }

        List<int> different = [];
        foreach (int frame in frames)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(frame, nameof(frames));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame, Count, nameof(frames));
            int last = different.Count == 0 ? -1 : different[^1];
            if (frame < last)
            {
                throw new ArgumentException($"frame {frame} follows frame {last}; expected numbers that do not fall", nameof(frames));
            }

            if (frame > last)
            {
                different.Add(frame);
            }
        }

        return [.. different];
    }

    private int ClipBytes(int count, int frameBytes)
    {
        long bytes = (long)count * frameBytes;
        return bytes <= Math.Min(limits.MaximumClipBytes, Array.MaxLength)
            ? (int)bytes
            : throw new FileFormatException(
                $"{count} frames of {Width} x {Height} pixels are {bytes} bytes, more than the limit of {limits.MaximumClipBytes}; "
                + "read fewer at a time");
    }
}
