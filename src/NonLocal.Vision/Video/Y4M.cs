using System.Text;
using NonLocal.Formats;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Video;

/// <summary>Writes Y4M videos: uncompressed, read by every video program. <see cref="VideoFile"/> reads them.</summary>
public static class Y4M
{
    /// <summary>Writes a clip. The file appears complete or not at all.</summary>
    /// <param name="path">Written to; an existing file is replaced.</param>
    /// <param name="clip">Without a rate it is written with 25 frames per second, because players need one.</param>
    /// <param name="sampling">How many colours are kept; what several pixels share is the colour of their mean.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, VideoClip clip, ChromaSampling sampling = ChromaSampling.Full)
    {
        ArgumentNullException.ThrowIfNull(clip);
        AtomicFile.Write(path, stream => Write(stream, clip, sampling));
    }

    /// <summary>Writes a clip. See <see cref="Write(string, VideoClip, ChromaSampling)"/>.</summary>
    /// <param name="stream">Written to from its position; stays open.</param>
    /// <param name="clip">At any rate; without one, 25 frames per second.</param>
    /// <param name="sampling">How many colours are kept.</param>
    public static void Write(Stream stream, VideoClip clip, ChromaSampling sampling = ChromaSampling.Full)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(clip);
        Write(stream, Enumerable.Range(0, clip.Count).Select(clip.ToPicture), clip.Rate, sampling);
    }

    /// <summary>Writes frames as they come: one is in memory at a time.</summary>
    /// <param name="stream">Written to from its position; stays open.</param>
    /// <param name="frames">RGB pictures of one size, at least one.</param>
    /// <param name="rate">Null is written as 25 frames per second.</param>
    /// <param name="sampling">How many colours are kept.</param>
    /// <exception cref="ArgumentException">There is no frame, or one has another size than the first.</exception>
    internal static void Write(Stream stream, IEnumerable<Picture> frames, FrameRate? rate, ChromaSampling sampling)
    {
        Y4MHeader header = default;
        byte[] samples = [];
        foreach (Picture frame in FrameSequence.Checked(frames))
        {
            if (samples.Length == 0)
            {
                header = new(0, frame.Width, frame.Height, rate ?? new(25, 1), sampling, FullRange: false);
                samples = new byte[header.SampleBytes];
                stream.Write(Encoding.ASCII.GetBytes(Line(header)));
            }

            Convert(frame.Bytes, header, samples);
            stream.Write(Y4MVideo.FrameSignature);
            stream.Write(samples);
        }
    }

    private static string Line(in Y4MHeader header)
    {
        string name = header.Sampling switch
        {
            ChromaSampling.None => "mono XCOLORRANGE=FULL",
            ChromaSampling.Quarter => "420jpeg",
            ChromaSampling.Half => "422",
            _ => "444",
        };
        FrameRate rate = header.Rate!.Value;
        return $"YUV4MPEG2 W{header.Width} H{header.Height} F{rate.Numerator}:{rate.Denominator} Ip A1:1 C{name}\n";
    }

    private static void Convert(ReadOnlySpan<byte> frame, in Y4MHeader header, Span<byte> samples)
    {
        int pixels = header.Width * header.Height;
        for (int at = 0; at < pixels; at++)
        {
            ReadOnlySpan<byte> pixel = frame.Slice(3 * at, 3);
            samples[at] = header.Sampling == ChromaSampling.None ? VideoColour.Grey(pixel) : VideoColour.Brightness(pixel);
        }

        int colours = header.ChromaWidth * header.ChromaHeight;
        int columns = header.ChromaWidth == header.Width ? 1 : 2;
        int rows = header.ChromaHeight == header.Height ? 1 : 2;
        for (int colour = 0; colour < colours; colour++)
        {
            int left = colour % header.ChromaWidth * columns;
            int top = colour / header.ChromaWidth * rows;
            (double red, double green, double blue) = Mean(
                frame, header.Width, left, Math.Min(header.Width, left + columns), top, Math.Min(header.Height, top + rows));
            (samples[pixels + colour], samples[pixels + colours + colour]) = VideoColour.Chroma(red, green, blue);
        }
    }

    private static (double Red, double Green, double Blue) Mean(
        ReadOnlySpan<byte> frame, int width, int left, int right, int top, int bottom)
    {
        (int red, int green, int blue) = (0, 0, 0);
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
            {
                ReadOnlySpan<byte> pixel = frame.Slice(3 * ((y * width) + x), 3);
                (red, green, blue) = (red + pixel[0], green + pixel[1], blue + pixel[2]);
            }
        }

        double count = (right - left) * (bottom - top);
        return (red / count, green / count, blue / count);
    }
}
