using System.Runtime.InteropServices;

namespace NonLocal.Formats;

/// <summary>Asks Unix to bring a folder's entries to the disk, so that a renamed file keeps its name when the power fails.</summary>
/// <remarks>.NET has no call for it. Windows needs none: its file system logs the rename itself.</remarks>
internal static partial class FolderFlush
{
    private const int ReadOnly = 0;

    /// <summary>Flushes <paramref name="folder"/> where the system can; some network file systems cannot, which is no error.</summary>
    public static void Try(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        try
        {
            int descriptor = Open(folder, ReadOnly);
            if (descriptor >= 0)
            {
                _ = Synchronise(descriptor);
                _ = Close(descriptor);
            }
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system without the C library by this name: the file's content is on the disk all the same.
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Synchronise(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
