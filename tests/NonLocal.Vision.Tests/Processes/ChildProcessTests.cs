using System.ComponentModel;
using NonLocal.Vision.Processes;

namespace NonLocal.Vision.Tests.Processes;

[Collection("child processes")]
public class ChildProcessTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private static bool HasShell => !OperatingSystem.IsWindows();

    [Fact]
    public void Start_Arguments_ArriveAsTheyAreAndNothingCanBeRead()
    {
        if (!HasShell)
        {
            return;
        }

        using ChildProcess child = Shell("cat; printf '%s|' \"$@\"; exit 3", "$(x)", "a b", "-c", "\"'");

        Assert.Equal("$(x)|a b|-c|\"'|", new StreamReader(child.Output).ReadToEnd());
        Assert.Equal(new ChildExit(3, ""), child.Finish());
    }

    [Fact]
    public void Write_BeforeTheInputIsClosed_IsRead()
    {
        if (!HasShell)
        {
            return;
        }

        using ChildProcess child = ChildProcess.StartReading("/bin/sh", ["-c", "tr a-c A-C"], Long);
        child.Write("abc"u8);
        child.Write("cab"u8);
        child.CloseInput();

        Assert.Equal("ABCCAB", new StreamReader(child.Output).ReadToEnd());
        Assert.Equal(new ChildExit(0, ""), child.Finish());
    }

    [Fact]
    public void Write_ProgramThatDoesNotRead_IsKilledAfterTheLimit()
    {
        if (!HasShell)
        {
            return;
        }

        using ChildProcess child = ChildProcess.StartReading("/bin/sh", ["-c", "sleep 1000"], TimeSpan.FromMilliseconds(20));

        Assert.Throws<IOException>(() => child.Write(new byte[1 << 20]));
        Assert.Null(child.Finish().Code);
    }

    [Fact]
    public void Finish_LongComplaints_KeepsTheEndInOneLine()
    {
        if (!HasShell)
        {
            return;
        }

        using ChildProcess child = Shell("i=0; while [ $i -lt 2000 ]; do echo \"line $i\" >&2; i=$((i + 1)); done");

        ChildExit exit = child.Finish();

        Assert.Equal(0, exit.Code);
        Assert.InRange(exit.Complaints.Length, 300, 500);
        Assert.EndsWith("; line 1998; line 1999", exit.Complaints, StringComparison.Ordinal);
    }

    [Fact]
    public void Finish_AfterTheLimit_HasNoExitCode()
    {
        if (!HasShell)
        {
            return;
        }

        using ChildProcess child = ChildProcess.Start("/bin/sh", ["-c", "sleep 1000"], TimeSpan.FromMilliseconds(20));

        Assert.Null(child.Finish().Code);
    }

    [Fact]
    public async Task Kill_WhileItRuns_EndsWhatItStartedToo()
    {
        if (!HasShell)
        {
            return;
        }

        // The output ends when nobody holds it open any more.
        using ChildProcess child = Shell("sleep 1000 & echo started; wait");
        Assert.Equal('s', child.Output.ReadByte());
        child.Kill();

        Assert.Equal("tarted\n", await new StreamReader(child.Output).ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Start_NoSuchProgram_Throws() =>
        Assert.Throws<Win32Exception>(() => ChildProcess.Start("no-such-program-anywhere", [], Long));

    private static ChildProcess Shell(string script, params string[] arguments) =>
        ChildProcess.Start("/bin/sh", ["-c", script, "sh", .. arguments], Long);
}
