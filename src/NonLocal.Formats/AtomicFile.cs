namespace NonLocal.Formats;

/// <summary>Writes a file so that it is there complete or not at all, whenever the program or the machine stops.</summary>
/// <remarks>
/// The content goes to a temporary file in the same folder, is flushed to the disk, and takes the name of the old file in
/// one step; then the folder is flushed too. Whatever fails, the old file is untouched and the temporary one removed.
/// </remarks>
public static class AtomicFile
{
    private const string Extension = ".tmp";

    // What the system reports for a full disk, an exceeded quota and a file over the limit: Linux, macOS and Windows codes.
    private static ReadOnlySpan<int> NoSpaceCodes => [28, 122, 69, 27, 112, 39];

    /// <summary>Writes a file.</summary>
    /// <param name="path">Written to; an existing file is replaced. A symbolic link stays and its target is replaced.</param>
    /// <param name="write">Writes the whole content to the stream it is given, and leaves it open.</param>
    /// <exception cref="IOException">
    /// The folder is missing or not writable, or the disk is full: one sentence that starts with the path.
    /// </exception>
    public static void Write(string path, Action<Stream> write) => Write(path, write, static stream => stream);

    /// <summary>
    /// Removes the temporary files that writers left in a folder when their process was killed. Nobody may be writing there.
    /// </summary>
    /// <exception cref="IOException">A file cannot be removed.</exception>
    public static void RemoveLeftovers(string folder)
    {
        foreach (string path in Directory.GetFiles(folder, $".*{Extension}"))
        {
            if (Guid.TryParseExact(Path.GetFileName(path).Split('.')[^2], "N", out _))
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>The same, with a stream of a test between the writer and the temporary file.</summary>
    internal static void Write(string path, Action<Stream> write, Func<Stream, Stream> wrap)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string? temporary = null;
        try
        {
            string target = Target(path);
            string folder = Path.GetDirectoryName(target) ?? throw new IOException("this is a folder; expected the name of a file");
            if (Directory.Exists(target))
            {
                throw new IOException("this is a folder; expected the name of a file");
            }

            string candidate = Path.Combine(folder, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}{Extension}");
            using (var file = new FileStream(candidate, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
            {
                temporary = candidate;
                Stream stream = wrap(file);
                write(stream);
                stream.Flush();
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
            temporary = null;
            FolderFlush.Try(folder);
        }
        catch (FileFormatException)
        {
            // Not about this file: the writer was reading another one.
            throw;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: {Reason(error)}; nothing was written", error);
        }
        finally
        {
            if (temporary is not null)
            {
                Remove(temporary);
            }
        }
    }

    private static string Target(string path)
    {
        string full = Path.GetFullPath(path);
        return new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName;
    }

    private static string Reason(Exception error) => error switch
    {
        DirectoryNotFoundException => "there is no such folder",
        UnauthorizedAccessException => "writing here is not permitted",
        FileNotFoundException => "no file can be made in this folder",
        _ when NoSpaceCodes.Contains(error.HResult & 0xFFFF) => "the disk is full",
        _ => error.Message.ReplaceLineEndings(" ").TrimEnd('.'),
    };

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The failure that brought us here is the one to report.
        }
    }
}
