using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace NonLocal.Vision.Processes;

/// <summary>
/// One run of another program: no shell, nothing to read unless it is written to, a time after which it is killed with everything it
/// started, and the end of what it complained about.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private const int TailCharacters = 400;

    // How long a killed program may take to go, and its last words to arrive.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Process process;
    private readonly Task<string> complaints;
    private readonly TimeSpan limit;
    private readonly Timer timer;
    private volatile bool isLate;

    private ChildProcess(Process process, TimeSpan limit)
    {
        this.process = process;
        this.limit = limit;
        complaints = Task.Factory.StartNew(
            () => Tail(process.StandardError), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        timer = new Timer(_ => KillLate(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What the program writes; ends early where it is killed.</summary>
    public Stream Output => process.StandardOutput.BaseStream;

    /// <summary>Starts a program.</summary>
    /// <param name="program">A path, or a name that is looked up as the system does.</param>
    /// <param name="arguments">Given to it as they are.</param>
    /// <param name="limit">How long it may take.</param>
    /// <exception cref="Win32Exception">There is no such program, or it may not be run.</exception>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, TimeSpan limit)
    {
        ChildProcess child = StartReading(program, arguments, limit);
        child.CloseInput();
        return child;
    }

    /// <summary>Starts a program that reads what is written to it.</summary>
    /// <param name="program">A path, or a name that is looked up as the system does.</param>
    /// <param name="arguments">Given to it as they are.</param>
    /// <param name="limit">How long it may take to read what one <see cref="Write"/> gives, and from <see cref="CloseInput"/> on.</param>
    /// <exception cref="Win32Exception">There is no such program, or it may not be run.</exception>
    public static ChildProcess StartReading(string program, IEnumerable<string> arguments, TimeSpan limit)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
        };
        return new(Process.Start(start)!, limit);
    }

    /// <summary>Gives the program something to read.</summary>
    /// <exception cref="IOException">It does not read any more; <see cref="Finish"/> says why.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        timer.Change(limit, Timeout.InfiniteTimeSpan);
        process.StandardInput.BaseStream.Write(bytes);
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>There is no more to read.</summary>
    public void CloseInput()
    {
        timer.Change(limit, Timeout.InfiniteTimeSpan);
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It reads no more; its exit says why.
        }
    }

    /// <summary>Waits for the program's end, whose output has to be read before.</summary>
    public ChildExit Finish()
    {
        bool ended = process.WaitForExit(limit + Grace);
        string tail = complaints.Wait(Grace) ? complaints.Result : string.Empty;
        return new(isLate || !ended ? null : process.ExitCode, tail);
    }

    /// <summary>Kills the program if it still runs.</summary>
    public void Dispose()
    {
        timer.Dispose();
        Kill();
        process.Dispose();
    }

    /// <summary>Ends the program, and everything that it started, now.</summary>
    public void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended by itself.
        }
    }

    private static string Tail(StreamReader reader)
    {
        StringBuilder tail = new();
        char[] part = new char[TailCharacters];
        try
        {
            int read;
            while ((read = reader.Read(part)) > 0)
            {
                tail.Append(part, 0, read);
                tail.Remove(0, Math.Max(0, tail.Length - TailCharacters));
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // The program was killed; what it said until then is what there is.
        }

        string[] lines = tail.ToString().Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return string.Join("; ", lines);
    }

    private void KillLate()
    {
        isLate = true;
        Kill();
    }
}

/// <summary>How a program ended.</summary>
/// <param name="Code">Its exit code, or null where it took too long and was killed.</param>
/// <param name="Complaints">The end of its error stream, lines separated by "; ".</param>
internal readonly record struct ChildExit(int? Code, string Complaints);
