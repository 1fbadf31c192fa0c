using NonLocal.Formats;
using NonLocal.Vision.Processes;

namespace NonLocal.Vision.Video;

/// <summary>
/// Opens videos. Y4M files, which are recognised by their first bytes, and folders of frames are read by the library, all others (MP4, AVI,
/// Matroska, WebM, …) by ffmpeg.
/// </summary>
public static class VideoFile
{
    /// <summary>Opens a video.</summary>
    /// <param name="path">
    /// A Y4M file (8 bits; 4:2:0, 4:2:2, 4:4:4 or grey), or a folder of pictures, one a frame, all of one size, in the order of the numbers
    /// in their names, or a file that ffmpeg reads.
    /// </param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <exception cref="FileFormatException">Another format, without a frame, truncated, corrupt, or over a limit.</exception>
    /// <exception cref="ProgramMissingException">The format needs ffmpeg, which is not installed.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static VideoSource Open(string path, ReadLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        limits ??= ReadLimits.Default;
        return Directory.Exists(path) ? new FrameFolder(path, limits) : OpenFile(path, limits);
    }

    private static VideoSource OpenFile(string path, ReadLimits limits)
    {
        FileStream stream = InputFile.Open(path);
        try
        {
            byte[] beginning = new byte[Y4MHeader.Signature.Length];
            int read = stream.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false);
            if (read == 0)
            {
                throw new FileFormatException("the file is empty, expected a video");
            }

            if (beginning.AsSpan().SequenceEqual(Y4MHeader.Signature))
            {
                stream.Position = 0;
                return new Y4MVideo(stream, path, limits);
            }

            stream.Dispose();
            return new FFmpegVideo(path, limits);
        }
        catch (FileFormatException error)
        {
            stream.Dispose();
            throw error.In(path);
        }
    }
}
