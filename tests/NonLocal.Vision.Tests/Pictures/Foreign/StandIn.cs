using System.Text;

namespace NonLocal.Vision.Tests.Pictures.Foreign;

/// <summary>
/// A small shell script in ffmpeg's place. It knows PPM of 2 x 2 pixels, whose 12 samples are text; some texts make it misbehave.
/// </summary>
internal sealed class StandIn
{
    private const string Script = """
        #!/bin/sh
        echo "$*" >> "$0.runs"
        for argument do
          case $argument in *.rgb)
            input=${argument%.rgb}
            case $(tail -c 12 "$input") in
              CORRUPT*) echo "[ppm] nonsense" >&2; echo "$input: Invalid data" >&2; exit 1;;
              SILENT*) exit 69;;
              GRUMBLE*) echo "[ppm] something is missing" >&2;;
              SHORT*) head -c 5 "$input" > "$argument"; continue;;
              EMPTY*) continue;;
              HANG*) sleep 1000;;
            esac
            tail -c +12 "$input" > "$argument";;
          esac
        done
        """;

    /// <summary>Writes the script into a folder.</summary>
    public StandIn(string folder)
    {
        Program = Path.Combine(folder, "stand-in.sh");
        File.WriteAllText(Program, Script.ReplaceLineEndings("\n") + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Whether the system runs shell scripts.</summary>
    public static bool IsPossible => !OperatingSystem.IsWindows();

    /// <summary>The script's path.</summary>
    public string Program { get; }

    /// <summary>The arguments of each run so far.</summary>
    public string[] Runs => File.Exists(Program + ".runs") ? File.ReadAllLines(Program + ".runs") : [];

    /// <summary>A picture with this text for samples.</summary>
    public static byte[] Encode(string text) => Encoding.ASCII.GetBytes("P6\n2 2\n255\n" + text.PadRight(12, '.'));
}
