namespace NonLocal.Vision.Video;

/// <summary>Frames that lie in memory, as a video. May be read by many threads at once.</summary>
public sealed class MemoryVideo : VideoSource
{
    private readonly ReadOnlyMemory<byte> samples;
    private readonly int channels;

    /// <summary>The frames of a clip, which are not copied.</summary>
    /// <param name="clip">The frames.</param>
    public MemoryVideo(VideoClip clip)
        : this(Checked(clip).Width, clip.Height, 3, clip.Bytes, clip.Rate)
    {
    }

    /// <summary>Frames as they lie in a file.</summary>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="channels">1: grey, read as RGB; 3: RGB.</param>
    /// <param name="samples">[frames, height, width, channels].</param>
    /// <param name="rate">Frames per second, or null where that is not known.</param>
    internal MemoryVideo(int width, int height, int channels, ReadOnlyMemory<byte> samples, FrameRate? rate = null)
        : base(null, ReadLimits.Default)
    {
        (Width, Height, Rate) = (width, height, rate);
        this.channels = channels;
        this.samples = samples;
        Count = samples.Length / (width * height * channels);
    }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override int Width { get; }

    /// <inheritdoc/>
    public override int Height { get; }

    /// <inheritdoc/>
    public override FrameRate? Rate { get; }

    /// <inheritdoc/>
    private protected override void Decode(ReadOnlySpan<int> frames, Span<byte> target)
    {
        int frameSamples = Width * Height * channels;
        foreach (int frame in frames)
        {
            ReadOnlySpan<byte> source = samples.Span.Slice(frame * frameSamples, frameSamples);
            if (channels == 3)
            {
                source.CopyTo(target);
            }
            else
            {
                for (int i = 0; i < source.Length; i++)
                {
                    target.Slice(3 * i, 3).Fill(source[i]);
                }
            }

            target = target[(Width * Height * 3)..];
        }
    }

    private static VideoClip Checked(VideoClip clip)
    {
        ArgumentNullException.ThrowIfNull(clip);
        return clip;
    }
}
