namespace NonLocal.Vision;

/// <summary>
/// How much a file from a stranger may ask for, checked before memory is taken, and who decodes what the library does not.
/// </summary>
public sealed record ReadLimits
{
    /// <summary>The limits that are used when none are given.</summary>
    public static ReadLimits Default { get; } = new();

    /// <summary>Width × height of one picture, in pixels. Default 100 million.</summary>
    public long MaximumPixels { get; init; } = 100_000_000;

    /// <summary>Width and height of one picture, in pixels. Default 32,767.</summary>
    public int MaximumSide { get; init; } = 32_767;

    /// <summary>Bytes of one file that is read as a whole, and bytes that a compressed file may expand to. Default 256 MiB.</summary>
    public long MaximumFileBytes { get; init; } = 256L << 20;

    /// <summary>Bytes of the frames of one video that are read together, [frames, height, width, 3]. Default 1 GiB.</summary>
    public long MaximumClipBytes { get; init; } = 1L << 30;

    /// <summary>How long another program may take for what it is started for, until it is killed. Default one minute.</summary>
    public TimeSpan MaximumTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The program that decodes pictures other than PNG and JPEG, and videos other than Y4M: a path, or a name that is
    /// looked up as the system does. Default "ffmpeg".
    /// </summary>
    public string FFmpeg { get; init; } = "ffmpeg";

    /// <summary>The program that says what a video is: a path, or a name that is looked up as the system does. Default "ffprobe".</summary>
    public string FFprobe { get; init; } = "ffprobe";
}
