using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Video;

/// <summary>Frames on their way into a file.</summary>
internal static class FrameSequence
{
    /// <summary>The same frames; refuses at once where there is none, and any that is not like the first.</summary>
    /// <exception cref="ArgumentException">No frame, another size than the first, or not RGB.</exception>
    public static IEnumerable<Picture> Checked(IEnumerable<Picture> frames)
    {
        (int Width, int Height)? size = null;
        int count = 0;
        foreach (Picture frame in frames)
        {
            size ??= (frame.Width, frame.Height);
            if ((frame.Width, frame.Height, frame.Channels) != (size.Value.Width, size.Value.Height, 3))
            {
                throw new ArgumentException(
                    $"frame {count} has {frame.Width} x {frame.Height} x {frame.Channels} samples, expected {size.Value.Width} x "
                    + $"{size.Value.Height} x 3 as the first one",
                    nameof(frames));
            }

            count++;
            yield return frame;
        }

        if (count == 0)
        {
            throw new ArgumentException("a video has at least one frame", nameof(frames));
        }
    }
}
