namespace NonLocal.Formats;

/// <summary>A file that is not what its format says: truncated, corrupt, hostile, over a limit or not supported.</summary>
/// <remarks>
/// The message is one line and one sentence: where in the file, what was found, what was expected. Readers throw this and
/// nothing else for bad content; a missing or locked file is an <see cref="IOException"/> of one sentence (<see cref="InputFile"/>).
/// </remarks>
public sealed class FileFormatException : IOException
{
    private readonly string problem;

    /// <summary>A problem, and the file that has it when the reader knows one.</summary>
    /// <param name="problem">One sentence without the file's name. Characters that would break the line are replaced by '?'.</param>
    /// <param name="path">The file, or null where only a stream was given.</param>
    /// <param name="inner">The error that revealed the problem, if any.</param>
    public FileFormatException(string problem, string? path = null, Exception? inner = null)
        : base(OneLine(path is null ? problem : $"{path}: {problem}"), inner)
    {
        this.problem = problem;
        Path = path;
    }

    /// <summary>The file, or null where only a stream was given.</summary>
    public string? Path { get; }

    /// <summary>The same problem with the file's name, for a reader that opened the stream itself.</summary>
    public FileFormatException In(string path) => new(problem, path, this);

    // Names and texts inside a hostile file may hold line breaks or terminal control codes.
    private static string OneLine(string text) =>
        string.Create(text.Length, text, static (line, source) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(source[i]) || source[i] is '\u2028' or '\u2029' ? '?' : source[i];
            }
        });
}
