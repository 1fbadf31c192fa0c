using NonLocal.Formats;

namespace NonLocal.Vision.Video;

/// <summary>Opens videos: Y4M files, which are recognised by their first bytes, and folders of frames.</summary>
public static class VideoFile
{
    /// <summary>Opens a video.</summary>
    /// <param name="path">
    /// A Y4M file (8 bits; 4:2:0, 4:2:2, 4:4:4 or grey), or a folder of pictures, one a frame, all of one size, in the order of the numbers
    /// in their names.
    /// </param>
    /// <param name="limits">What the file may ask for, or null for <see cref="ReadLimits.Default"/>.</param>
    /// <exception cref="FileFormatException">Another format, without a frame, truncated, corrupt, or over a limit.</exception>
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
            return new Y4MVideo(stream, path, limits);
        }
        catch (FileFormatException error)
        {
            stream.Dispose();
            throw error.In(path);
        }
    }
}
