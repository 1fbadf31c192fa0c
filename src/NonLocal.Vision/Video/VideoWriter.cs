using NonLocal.Formats;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Processes;

namespace NonLocal.Vision.Video;

/// <summary>
/// Writes videos frame by frame, so that one frame is in memory at a time: Y4M files and folders of PNG files by the library, MP4, MOV and
/// Matroska by ffmpeg. What is written appears complete or not at all.
/// </summary>
public static class VideoWriter
{
    /// <summary>What names may end with, for errors.</summary>
    public const string Expected = "a name that ends in .y4m, .mp4, .mov or .mkv, or one without an ending for a folder of PNG files";

    /// <summary>Whether a name says which kind of video is to be written.</summary>
    public static bool IsNamedLikeOne(string path) => KindOf(path) is not null;

    /// <summary>Writes a video.</summary>
    /// <param name="path">
    /// Ends in .y4m (4:4:4, uncompressed), in .mp4, .mov or .mkv (H.264 by ffmpeg, hardly any loss), or has no ending: a new folder of PNG
    /// files. An existing file is replaced.
    /// </param>
    /// <param name="frames">RGB pictures of one size, at least one, gone through once.</param>
    /// <param name="rate">Frames per second; null: 25. A folder does not keep it.</param>
    /// <param name="limits">Who encodes, and how long a frame may take; null for <see cref="ReadLimits.Default"/>.</param>
    /// <exception cref="ArgumentException">Another ending, no frame, or frames of several sizes.</exception>
    /// <exception cref="ProgramMissingException">ffmpeg is needed and not installed.</exception>
    /// <exception cref="IOException">The file cannot be written, or the folder for frames exists.</exception>
    public static void Write(string path, IEnumerable<Picture> frames, FrameRate? rate, ReadLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(frames);
        CheckTarget(path);
        switch (KindOf(path))
        {
            case Kind.Y4M:
                AtomicFile.Write(path, stream => Y4M.Write(stream, frames, rate, ChromaSampling.Full));
                break;
            case Kind.Encoded:
                FFmpegEncoding.Write(path, frames, rate ?? new(25, 1), limits ?? ReadLimits.Default);
                break;
            case Kind.Folder:
                WriteFolder(path, frames);
                break;
            default:
                throw new ArgumentException($"{path}: cannot write this format; expected {Expected}", nameof(path));
        }
    }

    /// <summary>Refuses a place where nothing can be written, before any work is done for it.</summary>
    /// <exception cref="IOException">There is no folder to write into, or the one for frames exists already.</exception>
    public static void CheckTarget(string path)
    {
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
        {
            throw new IOException($"{path}: there is no such folder; nothing was written");
        }

        if (KindOf(path) == Kind.Folder && (Directory.Exists(path) || File.Exists(path)))
        {
            throw new IOException($"{path}: this exists already; expected the name of a new folder");
        }
    }

    private static void WriteFolder(string path, IEnumerable<Picture> frames)
    {
        string target = Path.GetFullPath(path);
        string temporary = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.tmp");
        try
        {
            Directory.CreateDirectory(temporary);
            int number = 0;
            foreach (Picture frame in FrameSequence.Checked(frames))
            {
                Png.Write(Path.Combine(temporary, $"{++number:D6}.png"), frame);
            }

            Directory.Move(temporary, target);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException($"{path}: writing here is not permitted; nothing was written", error);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private static Kind? KindOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".Y4M" => Kind.Y4M,
            ".MP4" or ".MOV" or ".MKV" => Kind.Encoded,
            "" => Kind.Folder,
            _ => null,
        };
    }

    private enum Kind
    {
        Y4M,
        Encoded,
        Folder,
    }
}
