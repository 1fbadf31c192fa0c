using NonLocal.Formats;
using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Clips;

/// <summary>What is done to the frames of a clip before a network sees them, to all alike.</summary>
internal static class ClipTransform
{
    private const int LongestShape = 100;

    // A clip of one colour has no deviation to divide by.
    private const double LeastDeviation = 1e-6;

    /// <summary>The size to which frames are resized before the cut.</summary>
    /// <param name="width">Of the frames.</param>
    /// <param name="height">Of the frames.</param>
    /// <param name="shorterSide">What the shorter side becomes; more where the cut would not fit. Null: the cut's size.</param>
    /// <param name="cut">What is cut out afterwards.</param>
    /// <exception cref="FileFormatException">One side is more than 100 times the other.</exception>
    public static (int Width, int Height) Resized(int width, int height, int? shorterSide, (int Width, int Height) cut)
    {
        if (shorterSide is not { } side)
        {
            return cut;
        }

        int shorter = Math.Min(width, height);
        if (Math.Max(width, height) / LongestShape >= shorter)
        {
            throw new FileFormatException(
                $"the video has {width} x {height} pixels; expected a longer side of less than {LongestShape} times the shorter one");
        }

        int Scaled(int length) => length == shorter ? side : checked((int)((long)side * length / shorter));
        (int wide, int high) = (Scaled(width), Scaled(height));
        if (wide >= cut.Width && high >= cut.Height)
        {
            return (wide, high);
        }

        return (long)cut.Width * height >= (long)cut.Height * width
            ? (cut.Width, Math.Max(cut.Height, (int)((long)cut.Width * height / width)))
            : (Math.Max(cut.Width, (int)((long)cut.Height * width / height)), cut.Height);
    }

    /// <summary>Resizes every frame and cuts the same part out of each.</summary>
    /// <param name="clip">Stays as it is.</param>
    /// <param name="resized">The frames' size before the cut.</param>
    /// <param name="left">The first column of the cut.</param>
    /// <param name="top">The first row of the cut.</param>
    /// <param name="cut">The size of the cut.</param>
    public static VideoClip Cut(
        VideoClip clip, (int Width, int Height) resized, int left, int top, (int Width, int Height) cut)
    {
        if (resized == cut && (clip.Width, clip.Height) == cut)
        {
            return clip;
        }

        byte[] bytes = new byte[checked(clip.Count * cut.Width * cut.Height * 3)];
        VideoClip result = new(cut.Width, cut.Height, bytes, clip.Rate);
        for (int frame = 0; frame < clip.Count; frame++)
        {
            Picture picture = PictureTransform.Resize(clip.ToPicture(frame), resized.Width, resized.Height);
            Span<byte> target = result.Frame(frame);
            for (int y = 0; y < cut.Height; y++)
            {
                picture.Row(top + y).Slice(3 * left, 3 * cut.Width).CopyTo(target[(3 * y * cut.Width)..]);
            }
        }

        return result;
    }

    /// <summary>Changes every frame as a picture.</summary>
    public static void EachFrame(VideoClip clip, Func<Picture, Picture> change)
    {
        for (int frame = 0; frame < clip.Count; frame++)
        {
            change(clip.ToPicture(frame)).Bytes.CopyTo(clip.Frame(frame));
        }
    }

    /// <summary>The frames in another order.</summary>
    public static VideoClip Shuffle(VideoClip clip, RandomStream random)
    {
        int[] order = [.. Enumerable.Range(0, clip.Count)];
        for (int i = order.Length - 1; i > 0; i--)
        {
            int other = Math.Min(i, (int)(random.UniformAt(i) * (i + 1)));
            (order[i], order[other]) = (order[other], order[i]);
        }

        VideoClip result = new(clip.Width, clip.Height, new byte[clip.Bytes.Length], clip.Rate);
        for (int i = 0; i < order.Length; i++)
        {
            clip.Frame(order[i]).CopyTo(result.Frame(i));
        }

        return result;
    }

    /// <summary>Samples as a network reads them, [frames, height, width, channels].</summary>
    public static void Normalize(VideoClip clip, ClipInput input, Span<float> target)
    {
        byte[] samples = clip.Bytes;
        if (input.Mean.Count == 1)
        {
            samples = new byte[clip.Bytes.Length / 3];
            for (int i = 0; i < samples.Length; i++)
            {
                samples[i] = VideoColour.Grey(clip.Bytes.AsSpan(3 * i, 3));
            }
        }

        PictureTransform.Normalize(samples, [.. input.Mean], [.. input.Deviation], target);
        if (input.NormalizeEach)
        {
            NormalizeEach(target);
        }
    }

    private static void NormalizeEach(Span<float> samples)
    {
        double sum = 0;
        double squares = 0;
        foreach (float sample in samples)
        {
            sum += sample;
            squares += (double)sample * sample;
        }

        double mean = sum / samples.Length;
        double deviation = Math.Sqrt(Math.Max(0, (squares / samples.Length) - (mean * mean)));
        double scale = deviation > LeastDeviation ? 1 / deviation : 0;
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = (float)((samples[i] - mean) * scale);
        }
    }
}
