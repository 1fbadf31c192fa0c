namespace NonLocal.Cli;

/// <summary>A folder for results, made and tried before long work begins, so that the work is not done in vain.</summary>
internal static class OutputFolder
{
    /// <summary>Makes the folder where it is missing, and proves that files can be made in it.</summary>
    /// <exception cref="UsageException">It is a file, or writing is not permitted, or the disk is full.</exception>
    public static void Prepare(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            string trial = Path.Combine(path, $".{Guid.NewGuid():N}.tmp");
            using FileStream file = new(trial, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            file.WriteByte(0);
            file.Flush();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            string reason = File.Exists(path) ? "this is a file, expected a folder"
                : error is UnauthorizedAccessException ? "writing here is not permitted"
                : error.Message.TrimEnd('.');
            throw new UsageException($"{path}: {reason}.");
        }
    }
}
