using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Tests.Datasets.Clips;

/// <summary>A folder of clips that a test makes, removed afterwards.</summary>
internal sealed class ClipFolderWorld : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal").FullName;

    public string In(string name) => Path.Combine(folder, name);

    /// <summary>A clip whose frame t is all of shade first + t.</summary>
    public string Clip(string name, int frames = 3, int first = 40, int width = 6, int height = 4)
    {
        byte[] bytes = new byte[frames * width * height * 3];
        for (int frame = 0; frame < frames; frame++)
        {
            bytes.AsSpan(frame * width * height * 3, width * height * 3).Fill((byte)(first + (10 * frame)));
        }

        Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
        Y4M.Write(In(name), new VideoClip(width, height, bytes), ChromaSampling.None);
        return In(name);
    }

    public string Frames(string name, int count)
    {
        Directory.CreateDirectory(In(name));
        for (int i = 1; i <= count; i++)
        {
            Png.Write(Path.Combine(In(name), $"frame_{i}.png"), new Picture(6, 4, 3));
        }

        return In(name);
    }

    public string Text(string name, string text)
    {
        File.WriteAllText(In(name), text);
        return In(name);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
