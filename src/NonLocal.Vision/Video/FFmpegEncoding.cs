using System.ComponentModel;
using System.Globalization;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Processes;

namespace NonLocal.Vision.Video;

/// <summary>
/// Videos that ffmpeg encodes: frames are written to it as they come, it writes a file with a name of its own, which gets the right one
/// when all is well.
/// </summary>
internal static class FFmpegEncoding
{
    private const string Missing =
        "videos other than Y4M are encoded by ffmpeg, and \"{0}\" is not there or cannot be run; install ffmpeg (apt install ffmpeg, "
        + "brew install ffmpeg, winget install ffmpeg); Y4M files and folders of pictures need nothing";

    /// <summary>Writes H.264 into the container that the path's ending names.</summary>
    /// <exception cref="ArgumentException">No frame, or frames of several sizes.</exception>
    /// <exception cref="ProgramMissingException">ffmpeg is not installed.</exception>
    /// <exception cref="IOException">ffmpeg fails or takes too long for a frame, or the file cannot be written.</exception>
    public static void Write(string path, IEnumerable<Picture> frames, FrameRate rate, ReadLimits limits)
    {
        string target = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(target)!;
        string temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp{Path.GetExtension(target)}");
        ChildProcess? child = null;
        try
        {
            foreach (Picture frame in FrameSequence.Checked(frames))
            {
                child ??= Start(limits, Arguments(frame, rate, temporary));
                if (!TryWrite(child, frame))
                {
                    break;
                }
            }

            child!.CloseInput();
            ChildExit exit = child.Finish();
            if (exit.Code != 0)
            {
                string words = exit.Complaints.Replace(temporary, "the file", StringComparison.Ordinal);
                string reason = exit.Code is null ? $"it took more than {limits.MaximumTime.TotalSeconds} s for a frame" : words;
                throw new IOException($"{path}: ffmpeg cannot write the video: {reason}; nothing was written");
            }

            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            child?.Dispose();
            File.Delete(temporary);
        }
    }

    // False where ffmpeg reads no more: its exit says why.
    private static bool TryWrite(ChildProcess child, Picture frame)
    {
        try
        {
            child.Write(frame.Bytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static ChildProcess Start(ReadLimits limits, IEnumerable<string> arguments)
    {
        try
        {
            return ChildProcess.StartReading(limits.FFmpeg, arguments, limits.MaximumTime);
        }
        catch (Win32Exception error)
        {
            throw new ProgramMissingException(string.Format(CultureInfo.InvariantCulture, Missing, limits.FFmpeg), error);
        }
    }

    // Encoders and players expect half the colours in each direction, which an odd number of rows or columns does not have.
    private static string[] Arguments(Picture frame, FrameRate rate, string file) =>
    [
        "-hide_banner", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", $"{frame.Width}x{frame.Height}",
        "-r", $"{rate.Numerator}/{rate.Denominator}", "-i", "pipe:0", "-an", "-c:v", "libx264", "-crf", "14",
        "-pix_fmt", frame.Width % 2 == 0 && frame.Height % 2 == 0 ? "yuv420p" : "yuv444p", "-n", "file:" + file,
    ];
}
