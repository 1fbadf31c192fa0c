using NonLocal.Formats;

namespace NonLocal.Vision.Video;

/// <summary>
/// A Y4M file: a header, then frames of one length, so that any of them is found by arithmetic. The colour of a block of pixels is that of
/// each of its pixels, wherever the file says that it was taken (jpeg, mpeg2, paldv), as ffmpeg converts by default.
/// </summary>
internal sealed class Y4MVideo : VideoSource
{
    private readonly Stream stream;
    private readonly long start;
    private readonly Y4MHeader header;

    /// <summary>Reads the header.</summary>
    /// <param name="stream">Read from its position, and closed with the video.</param>
    /// <param name="path">What errors of frames begin with, or null.</param>
    /// <param name="limits">What the file may ask for.</param>
    /// <exception cref="FileFormatException">Not Y4M, truncated, of a kind that is not supported, or over a limit.</exception>
    public Y4MVideo(Stream stream, string? path, ReadLimits limits)
        : base(path, limits)
    {
        this.stream = stream;
        start = stream.Position;
        byte[] beginning = new byte[Y4MHeader.MaximumBytes];
        int read = stream.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false);
        header = Y4MHeader.Parse(beginning.AsSpan(0, read), limits);
        long bytes = stream.Length - start - header.Bytes;
        long frames = bytes / FrameBytes;
        if (frames * FrameBytes != bytes)
        {
            throw new FileFormatException(
                $"{bytes} bytes follow the Y4M header, which are {frames} frames of {FrameBytes} and {bytes - (frames * FrameBytes)} more; "
                + "the file is truncated or corrupt");
        }

        if (frames is < 1 or > int.MaxValue)
        {
            throw new FileFormatException($"the Y4M video has {frames} frames, expected 1 to {int.MaxValue}");
        }

        Count = (int)frames;
    }

    /// <summary>What stands before each frame. The format allows parameters there, which no known writer uses.</summary>
    public static ReadOnlySpan<byte> FrameSignature => "FRAME\n"u8;

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override int Width => header.Width;

    /// <inheritdoc/>
    public override int Height => header.Height;

    /// <inheritdoc/>
    public override FrameRate? Rate => header.Rate;

    private long FrameBytes => FrameSignature.Length + header.SampleBytes;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stream.Dispose();
        }
    }

    /// <inheritdoc/>
    private protected override void Decode(ReadOnlySpan<int> frames, Span<byte> target)
    {
        byte[] bytes = new byte[FrameBytes];
        int targetBytes = Width * Height * 3;
        foreach (int frame in frames)
        {
            stream.Position = start + header.Bytes + (frame * FrameBytes);
            if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            {
                throw new FileFormatException($"frame {frame} could not be read to its end: the file became shorter while it was read");
            }

            if (!bytes.AsSpan().StartsWith(FrameSignature))
            {
                throw new FileFormatException(
                    $"frame {frame} does not begin with FRAME and the end of a line at byte {header.Bytes + (frame * FrameBytes)}; "
                    + "the file is corrupt, or its frames have parameters, which are not supported");
            }

            Convert(bytes.AsSpan(FrameSignature.Length), target[..targetBytes]);
            target = target[targetBytes..];
        }
    }

    private void Convert(ReadOnlySpan<byte> samples, Span<byte> target)
    {
        int pixels = Width * Height;
        int colours = header.ChromaWidth * header.ChromaHeight;
        ReadOnlySpan<byte> blue = samples.Slice(pixels, colours);
        ReadOnlySpan<byte> red = samples.Slice(pixels + colours, colours);
        int columnShift = header.ChromaWidth == Width ? 0 : 1;
        int rowShift = header.ChromaHeight == Height ? 0 : 1;
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                int at = (y * Width) + x;
                int colour = ((y >> rowShift) * header.ChromaWidth) + (x >> columnShift);
                (byte u, byte v) = colours == 0 ? (VideoColour.Neutral, VideoColour.Neutral) : (blue[colour], red[colour]);
                VideoColour.ToRgb(header.FullRange, samples[at], u, v, target.Slice(3 * at, 3));
            }
        }
    }
}
