using System.Text;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Tests.Video;

/// <summary>Small clips and files.</summary>
internal static class SampleVideo
{
    /// <summary>A clip of random samples.</summary>
    public static VideoClip Clip(int frames, int height, int width, FrameRate? rate = null)
    {
        byte[] bytes = new byte[frames * height * width * 3];
        new Random(7).NextBytes(bytes);
        return new(width, height, bytes, rate);
    }

    /// <summary>The bytes of a Y4M file with these frames.</summary>
    public static byte[] Encode(VideoClip clip, ChromaSampling sampling = ChromaSampling.Full)
    {
        MemoryStream stream = new();
        Y4M.Write(stream, clip, sampling);
        return stream.ToArray();
    }

    /// <summary>A grey Y4M of 2 x 1 pixels with a header of one's own.</summary>
    public static byte[] Grey(string header, int frames) => Encoding.ASCII.GetBytes(
        header + "\n" + string.Concat(Enumerable.Range(0, frames).Select(frame => "FRAME\n" + (char)frame + (char)(frame + 1))));

    /// <summary>Opens bytes of a Y4M file.</summary>
    public static VideoSource Open(byte[] bytes, ReadLimits? limits = null) =>
        new Y4MVideo(new MemoryStream(bytes), null, limits ?? ReadLimits.Default);
}
