namespace NonLocal.Vision.Pictures;

/// <summary>What is done to a picture before a network sees it, with the results of torchvision over Pillow.</summary>
public static class PictureTransform
{
    /// <summary>The picture as RGB: grey is repeated, alpha is dropped (not blended), as Pillow's <c>convert("RGB")</c> does.</summary>
    /// <param name="picture">Any number of channels. Returned itself when it is RGB.</param>
    public static Picture ToRgb(Picture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        if (picture.Channels == 3)
        {
            return picture;
        }

        Picture result = new(picture.Width, picture.Height, 3);
        int channels = picture.Channels;
        ReadOnlySpan<byte> source = picture.Bytes;
        Span<byte> target = result.Bytes;
        while (!source.IsEmpty)
        {
            if (channels == 4)
            {
                source[..3].CopyTo(target);
            }
            else
            {
                target[..3].Fill(source[0]);
            }

            source = source[channels..];
            target = target[3..];
        }

        return result;
    }

    /// <summary>
    /// Resizes bilinearly, antialiased, byte for byte as Pillow's <c>resize(…, BILINEAR)</c>: first along rows, then along
    /// columns. Channels are resized apart from each other, alpha like the rest.
    /// </summary>
    /// <param name="picture">Any number of channels.</param>
    /// <param name="width">New width, at least 1.</param>
    /// <param name="height">New height, at least 1.</param>
    public static Picture Resize(Picture picture, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(picture);
        int channels = picture.Channels;
        Picture wide = picture;
        if (width != picture.Width)
        {
            wide = new(width, picture.Height, channels);
            Resampling along = new(picture.Width, width);
            for (int y = 0; y < picture.Height; y++)
            {
                along.Line(picture.Row(y), wide.Row(y), channels, channels);
            }
        }

        if (height == picture.Height)
        {
            return wide;
        }

        // Down the columns a whole row is the group of elements that are resampled alike.
        Picture result = new(width, height, channels);
        new Resampling(picture.Height, height).Line(wide.Bytes, result.Bytes, width * channels, width * channels);
        return result;
    }

    /// <summary>Resizes so that the shorter side has <paramref name="side"/> pixels: torchvision's <c>Resize(side)</c>.</summary>
    /// <param name="picture">Any number of channels.</param>
    /// <param name="side">The new shorter side, at least 1; the longer one is rounded down.</param>
    public static Picture ResizeShorterSide(Picture picture, int side)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfLessThan(side, 1);
        (int width, int height) = SizeWithShorterSide(picture.Width, picture.Height, side);
        return Resize(picture, width, height);
    }

    /// <summary>The size that <see cref="ResizeShorterSide"/> makes.</summary>
    internal static (int Width, int Height) SizeWithShorterSide(int width, int height, int side)
    {
        int shorter = Math.Min(width, height);
        int Scaled(int length) => length == shorter ? side : checked((int)((long)side * length / shorter));
        return (Scaled(width), Scaled(height));
    }

    /// <summary>
    /// Cuts out the middle: torchvision's <c>CenterCrop</c>, which rounds half a pixel to even. A smaller picture gets a
    /// black border.
    /// </summary>
    /// <param name="picture">Any number of channels.</param>
    /// <param name="width">Width of the result, at least 1.</param>
    /// <param name="height">Height of the result, at least 1.</param>
    public static Picture CenterCrop(Picture picture, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(picture);
        Picture result = new(width, height, picture.Channels);
        (int fromX, int toX, int columns) = Overlap(picture.Width, width);
        (int fromY, int toY, int rows) = Overlap(picture.Height, height);
        int channels = picture.Channels;
        for (int y = 0; y < rows; y++)
        {
            Span<byte> source = picture.Row(fromY + y).Slice(fromX * channels, columns * channels);
            source.CopyTo(result.Row(toY + y)[(toX * channels)..]);
        }

        return result;
    }

    /// <summary>Samples as numbers, (byte ÷ 255 − mean) ÷ deviation of the channel, in single precision and in this order.</summary>
    /// <param name="picture">Any number of channels.</param>
    /// <param name="mean">One a channel, in 0 … 1.</param>
    /// <param name="deviation">One a channel, above 0.</param>
    /// <returns>[height, width, channels].</returns>
    /// <exception cref="ArgumentException">Not one mean and one deviation a channel.</exception>
    public static float[] Normalize(Picture picture, ReadOnlySpan<float> mean, ReadOnlySpan<float> deviation)
    {
        ArgumentNullException.ThrowIfNull(picture);
        float[] result = new float[picture.Bytes.Length];
        Normalize(picture.Bytes, mean, deviation, result);
        return result;
    }

    /// <summary>Samples as numbers, (byte ÷ 255 − mean) ÷ deviation of the channel, in single precision and in this order.</summary>
    /// <param name="samples">[positions, channels], of one picture or of many.</param>
    /// <param name="mean">One a channel, in 0 … 1.</param>
    /// <param name="deviation">One a channel, above 0.</param>
    /// <param name="result">[positions, channels].</param>
    /// <exception cref="ArgumentException">The lengths do not fit each other.</exception>
    public static void Normalize(ReadOnlySpan<byte> samples, ReadOnlySpan<float> mean, ReadOnlySpan<float> deviation, Span<float> result)
    {
        int channels = mean.Length;
        if (channels == 0 || deviation.Length != channels || samples.Length % channels != 0 || result.Length != samples.Length)
        {
            throw new ArgumentException(
                $"{samples.Length} samples need one mean and one deviation a channel and as many results, "
                + $"got {mean.Length} means, {deviation.Length} deviations, {result.Length} results");
        }

        // A byte has 256 values: one table a channel.
        float[] table = new float[256];
        for (int c = 0; c < channels; c++)
        {
            for (int value = 0; value < table.Length; value++)
            {
                table[value] = ((value / 255f) - mean[c]) / deviation[c];
            }

            for (int i = c; i < samples.Length; i += channels)
            {
                result[i] = table[samples[i]];
            }
        }
    }

    /// <summary>The mean of red, green and blue, as a picture of one channel.</summary>
    /// <param name="picture">Any number of channels; alpha is dropped.</param>
    public static Picture ToGrey(Picture picture)
    {
        Picture colours = ToRgb(picture);
        Picture grey = new(colours.Width, colours.Height, 1);
        for (int i = 0; i < grey.Bytes.Length; i++)
        {
            ReadOnlySpan<byte> pixel = colours.Bytes.AsSpan(3 * i, 3);
            grey.Bytes[i] = (byte)((pixel[0] + pixel[1] + pixel[2]) / 3);
        }

        return grey;
    }

    /// <summary>How far <see cref="CenterCrop"/> moves what it keeps.</summary>
    /// <param name="available">The length of a side before.</param>
    /// <param name="size">Its length afterwards.</param>
    internal static int CenterShift(int available, int size)
    {
        (int from, int to, _) = Overlap(available, size);
        return to - from;
    }

    // Where the middle `size` of `available` samples begins, where it goes, and how many there are.
    private static (int From, int To, int Count) Overlap(int available, int size) => available >= size
        ? ((int)Math.Round((available - size) / 2.0), 0, size)
        : (0, (size - available) / 2, available);
}
