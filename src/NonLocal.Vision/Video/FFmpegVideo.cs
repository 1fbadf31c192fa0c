using System.ComponentModel;
using System.Globalization;
using NonLocal.Formats;
using NonLocal.Vision.Processes;

namespace NonLocal.Vision.Video;

/// <summary>A video that ffmpeg decodes.</summary>
/// <remarks>
/// <para>
/// ffmpeg is a stranger's parser of strangers' files. The file's name is given to it as a whole path after "file:", never as an option;
/// only containers that hold their frames themselves are opened, no protocol but files; each run has a time limit. The size of the frames
/// is fixed here, so the length of what comes is known: anything shorter or longer is an error with ffmpeg's own words.
/// </para>
/// <para>
/// Frames are numbered in the order in which they are shown. Where the file gives each its time, decoding begins at the first frame that is
/// asked for; else (some AVI files) at the start. Frames are turned upright as the file asks; pixels that are not square stay so.
/// </para>
/// </remarks>
internal sealed class FFmpegVideo : VideoSource
{
    private const string Missing =
        "videos other than Y4M are decoded by ffmpeg, and \"{0}\" is not there or cannot be run; install ffmpeg (apt install ffmpeg, "
        + "brew install ffmpeg, winget install ffmpeg); Y4M files and folders of pictures need nothing";

    private static readonly string[] Common =
    [
        "-hide_banner", "-v", "error", "-protocol_whitelist", "file,pipe",
        "-format_whitelist", "mov,matroska,webm,avi,flv,mpeg,mpegts,mpegvideo,asf,ogg,gif,m4v,mjpeg,h264,hevc,ivf",
    ];

    private readonly string file;
    private readonly ReadLimits limits;
    private readonly VideoProbe probe;

    /// <summary>Asks ffprobe what the file is.</summary>
    /// <exception cref="FileFormatException">No video that ffmpeg can read, truncated, or over a limit.</exception>
    /// <exception cref="ProgramMissingException">ffprobe is not installed.</exception>
    /// <exception cref="IOException">It takes too long.</exception>
    public FFmpegVideo(string path, ReadLimits limits)
        : base(path, limits)
    {
        this.limits = limits;
        file = "file:" + Path.GetFullPath(path);
        probe = Probe();
        CheckSize(probe.Width, probe.Height, limits);
    }

    /// <inheritdoc/>
    public override int Count => probe.Count;

    /// <inheritdoc/>
    public override int Width => probe.Width;

    /// <inheritdoc/>
    public override int Height => probe.Height;

    /// <inheritdoc/>
    public override FrameRate? Rate => probe.Rate;

    /// <inheritdoc/>
    private protected override void Decode(ReadOnlySpan<int> frames, Span<byte> target)
    {
        using ChildProcess child = Start(limits.FFmpeg, Arguments(frames));
        int read = child.Output.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        bool more = read == target.Length && child.Output.ReadByte() >= 0;
        if (more)
        {
            child.Kill();
        }

        ChildExit exit = child.Finish();
        if (exit.Code is null)
        {
            throw new IOException($"{file[5..]}: ffmpeg did not decode {frames.Length} frames within {limits.MaximumTime.TotalSeconds} s");
        }

        if (more || read < target.Length || exit.Code != 0)
        {
            throw new FileFormatException(
                $"ffmpeg gives {(more ? "more than " : "")}{read} bytes of {frames.Length} frames from frame {frames[0]}, expected "
                + $"{target.Length}: {Words(exit)}");
        }
    }

    private List<string> Arguments(ReadOnlySpan<int> frames)
    {
        (int skipped, double? time) = probe.SeekBefore(frames[0]);
        List<string> arguments = ["-nostdin", .. Common, "-xerror"];
        if (time is { } seconds)
        {
            arguments.AddRange(["-ss", seconds.ToString("F6", CultureInfo.InvariantCulture)]);
        }

        // Runs of frames that follow each other are one condition, so that a long clip is a short argument.
        List<string> conditions = [];
        for (int i = 0; i < frames.Length; i++)
        {
            int first = frames[i];
            while (i + 1 < frames.Length && frames[i + 1] == frames[i] + 1)
            {
                i++;
            }

            conditions.Add($"between(n,{first - skipped},{frames[i] - skipped})");
        }

        string filter = $"select='{string.Join('+', conditions)}',scale={Width}:{Height}:flags=neighbor+accurate_rnd+full_chroma_int";
        arguments.AddRange(["-threads", "1", "-i", file, "-map", "0:v:0", "-vf", filter, "-vsync", "passthrough"]);
        arguments.AddRange(["-frames:v", $"{frames.Length}", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"]);
        return arguments;
    }

    private VideoProbe Probe()
    {
        using ChildProcess child = Start(
            limits.FFprobe,
            [
                .. Common, "-select_streams", "v:0", "-show_entries",
                "packet=pts_time,flags:stream=width,height,avg_frame_rate,nb_frames:stream_tags=rotate:stream_side_data=rotation"
                + ":format=start_time",
                "-of", "json=compact=1", file,
            ]);
        ArraySegment<byte> answer = BoundedReader.ReadAll(child.Output, VideoProbe.MaximumBytes, "the list of the video's frames");
        ChildExit exit = child.Finish();
        return exit switch
        {
            { Code: null } => throw new IOException(
                $"{file[5..]}: ffprobe did not list the video's frames within {limits.MaximumTime.TotalSeconds} s"),
            { Code: 0, Complaints: "" } => VideoProbe.Parse(answer),
            _ => throw new FileFormatException($"ffprobe cannot read the video: {Words(exit)}"),
        };
    }

    private ChildProcess Start(string program, IEnumerable<string> arguments)
    {
        try
        {
            return ChildProcess.Start(program, arguments, limits.MaximumTime);
        }
        catch (Win32Exception error)
        {
            throw new ProgramMissingException(string.Format(CultureInfo.InvariantCulture, Missing, program), error);
        }
    }

    private string Words(in ChildExit exit) => exit.Complaints.Length > 0
        ? exit.Complaints.Replace(file, "the file", StringComparison.Ordinal)
        : $"it ends with exit code {exit.Code} and says nothing";
}
