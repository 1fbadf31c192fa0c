namespace NonLocal.Formats;

/// <summary>Opens files for reading with errors that a person can act on.</summary>
public static class InputFile
{
    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">A file, not a folder.</param>
    /// <exception cref="IOException">The file is missing, a folder, locked or not readable: one sentence that starts with the
    /// path.</exception>
    public static FileStream Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new IOException($"{path}: {Reason(path, error)}", error);
        }
    }

    /// <summary>Opens a file and reads it. What is wrong with its content is reported with its name.</summary>
    /// <param name="path">A file, not a folder.</param>
    /// <param name="read">Reads the file from a stream; throws errors that do not know the name.</param>
    /// <returns>What <paramref name="read"/> made of it.</returns>
    /// <exception cref="FileFormatException">
    /// The content is bad: the error of <paramref name="read"/>, which now starts with the path.
    /// </exception>
    /// <exception cref="IOException">The file cannot be opened: see <see cref="Open"/>.</exception>
    public static T Read<T>(string path, Func<FileStream, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        using FileStream stream = Open(path);
        try
        {
            return read(stream);
        }
        catch (FileFormatException error)
        {
            throw error.In(path);
        }
    }

    private static string Reason(string path, Exception error) => error switch
    {
        _ when Directory.Exists(path) => "this is a folder; expected a file",
        FileNotFoundException => "there is no such file",
        DirectoryNotFoundException => "there is no such folder",
        UnauthorizedAccessException => "reading it is not permitted",
        _ => "it cannot be opened (" + error.Message.ReplaceLineEndings(" ") + ")",
    };
}
