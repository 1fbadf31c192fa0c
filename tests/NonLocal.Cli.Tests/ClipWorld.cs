using NonLocal.Vision.Video;

namespace NonLocal.Cli.Tests;

/// <summary>A temporary folder with two class folders of small clips: in one the picture becomes lighter, in the other darker.</summary>
public class ClipWorld : IDisposable
{
    public const int Width = 20;
    public const int Height = 16;
    public const int Frames = 6;

    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal-clips-").FullName;

    public ClipWorld()
    {
        for (int i = 0; i < 8; i++)
        {
            Write($"clips/{(i % 2 == 0 ? "darker" : "lighter")}/{i}.y4m", i, i % 2 == 0 ? -12 : 12);
        }
    }

    /// <summary>The class folders.</summary>
    public string Data => In("clips");

    /// <summary>A path in the folder.</summary>
    public string In(string name) => Path.Combine(folder, name);

    /// <summary>A clip of noise that changes its shade from frame to frame.</summary>
    public string Write(string name, int seed, int change, int frames = Frames)
    {
        Random random = new(seed);
        byte[] bytes = new byte[frames * Height * Width * 3];
        for (int i = 0; i < bytes.Length; i++)
        {
            int frame = i / (Height * Width * 3);
            bytes[i] = (byte)Math.Clamp(random.Next(100, 150) + (change * (frame - (frames / 2))), 0, 255);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
        Y4M.Write(In(name), new VideoClip(Width, Height, bytes));
        return In(name);
    }

    /// <summary>A text file.</summary>
    public string Text(string name, string text)
    {
        File.WriteAllText(In(name), text);
        return In(name);
    }

    public void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
