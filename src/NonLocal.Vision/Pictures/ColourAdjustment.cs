namespace NonLocal.Vision.Pictures;

/// <summary>
/// Brightness, contrast and saturation as torchvision defines them for tensors of bytes: the picture blended with black, with its
/// mean grey, or with its own grey; results are cut off at 0 and 255 and rounded down.
/// </summary>
public static class ColourAdjustment
{
    /// <summary>Every sample times the factor.</summary>
    /// <param name="picture">RGB.</param>
    /// <param name="factor">At least 0; 1 changes nothing.</param>
    public static Picture Brightness(Picture picture, float factor)
    {
        Picture result = Like(picture, factor);
        for (int i = 0; i < result.Bytes.Length; i++)
        {
            result.Bytes[i] = Blend(picture.Bytes[i], 0, factor);
        }

        return result;
    }

    /// <summary>Blended with the mean over all pixels of the grey that each has (rounded down).</summary>
    /// <param name="picture">RGB.</param>
    /// <param name="factor">At least 0; 1 changes nothing, 0 gives one grey.</param>
    public static Picture Contrast(Picture picture, float factor)
    {
        Picture result = Like(picture, factor);
        long sum = 0;
        for (int i = 0; i < result.Bytes.Length; i += 3)
        {
            sum += Grey(picture.Bytes.AsSpan(i, 3));
        }

        float mean = (float)((double)sum / (result.Bytes.Length / 3));
        for (int i = 0; i < result.Bytes.Length; i++)
        {
            result.Bytes[i] = Blend(picture.Bytes[i], mean, factor);
        }

        return result;
    }

    /// <summary>Each pixel blended with its own grey, 0.2989 red + 0.587 green + 0.114 blue (rounded down).</summary>
    /// <param name="picture">RGB.</param>
    /// <param name="factor">At least 0; 1 changes nothing, 0 gives a grey picture.</param>
    public static Picture Saturation(Picture picture, float factor)
    {
        Picture result = Like(picture, factor);
        for (int i = 0; i < result.Bytes.Length; i++)
        {
            result.Bytes[i] = Blend(picture.Bytes[i], Grey(picture.Bytes.AsSpan(i / 3 * 3, 3)), factor);
        }

        return result;
    }

    private static Picture Like(Picture picture, float factor)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfNegative(factor);
        ArgumentOutOfRangeException.ThrowIfNotEqual(picture.Channels, 3);
        return new(picture.Width, picture.Height, 3);
    }

    private static byte Blend(byte sample, float other, float factor) =>
        (byte)Math.Clamp((factor * sample) + ((1 - factor) * other), 0f, 255f);

    private static byte Grey(ReadOnlySpan<byte> pixel) => (byte)((0.2989f * pixel[0]) + (0.587f * pixel[1]) + (0.114f * pixel[2]));
}
