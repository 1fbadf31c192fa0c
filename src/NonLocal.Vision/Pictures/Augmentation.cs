using NonLocal.Tensors.Runtime;

namespace NonLocal.Vision.Pictures;

/// <summary>Random changes of training pictures. What happens to a picture is a function of its key alone.</summary>
/// <remarks>
/// The key is a stream of one sample in one epoch, such as <see cref="KeyOf"/>. Each function draws from its own places of it, so
/// threads, the order of the pictures and the other functions of a recipe cannot matter.
/// </remarks>
public static class Augmentation
{
    private const int CropX = 0;
    private const int CropY = 1;
    private const int FlipPlace = 4;
    private const int JitterOrder = 8;
    private const int JitterFactors = 12;

    private static readonly ulong SamplePurpose = RandomStream.PurposeOf("sample");

    /// <summary>The random numbers of one use of one picture.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">Which pass over the data.</param>
    /// <param name="sample">The picture's number in its set.</param>
    public static RandomStream KeyOf(ulong seed, uint epoch, uint sample) => new(seed, SamplePurpose + sample, epoch);

    /// <summary>A border of zeros around the picture, out of which a part of the picture's size is cut at a random place.</summary>
    /// <param name="picture">Any number of channels.</param>
    /// <param name="padding">Zeros on each side, in pixels, at least 0; offsets are uniform in -padding … padding.</param>
    /// <param name="key">See <see cref="KeyOf"/>.</param>
    /// <returns>As torchvision's <c>RandomCrop(size, padding)</c>: a picture of the same size.</returns>
    public static Picture PadCrop(Picture picture, int padding, RandomStream key)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfNegative(padding);
        int offsets = (2 * padding) + 1;
        return Shift(picture, Below(key, CropX, offsets) - padding, Below(key, CropY, offsets) - padding);
    }

    /// <summary>The part of a picture with a border of zeros that begins at a place; of the picture's size.</summary>
    /// <param name="picture">Any number of channels.</param>
    /// <param name="fromX">Pixels that are cut off on the left, or when negative, zeros that are put there.</param>
    /// <param name="fromY">Rows that are cut off at the top, or when negative, zeros that are put there.</param>
    public static Picture Shift(Picture picture, int fromX, int fromY)
    {
        ArgumentNullException.ThrowIfNull(picture);
        Picture result = new(picture.Width, picture.Height, picture.Channels);
        int columns = picture.Width - Math.Abs(fromX);
        for (int y = Math.Max(0, -fromY); columns > 0 && y < Math.Min(picture.Height, picture.Height - fromY); y++)
        {
            Span<byte> source = picture.Row(y + fromY).Slice(Math.Max(0, fromX) * picture.Channels, columns * picture.Channels);
            source.CopyTo(result.Row(y)[(Math.Max(0, -fromX) * picture.Channels)..]);
        }

        return result;
    }

    /// <summary>Left and right exchanged in half of all cases.</summary>
    /// <param name="picture">Any number of channels; returned itself in the other half.</param>
    /// <param name="key">See <see cref="KeyOf"/>.</param>
    public static Picture RandomFlip(Picture picture, RandomStream key) =>
        key.UniformAt(FlipPlace) < 0.5f ? Flip(picture) : picture;

    /// <summary>Left and right exchanged.</summary>
    /// <param name="picture">Any number of channels.</param>
    public static Picture Flip(Picture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        int channels = picture.Channels;
        Picture result = new(picture.Width, picture.Height, channels);
        for (int y = 0; y < picture.Height; y++)
        {
            ReadOnlySpan<byte> source = picture.Row(y);
            Span<byte> target = result.Row(y);
            for (int x = 0; x < picture.Width; x++)
            {
                source.Slice(x * channels, channels).CopyTo(target[((picture.Width - 1 - x) * channels)..]);
            }
        }

        return result;
    }

    /// <summary>
    /// Brightness, contrast and saturation changed by random factors, in a random order: torchvision's <c>ColorJitter</c>
    /// without hue, on bytes.
    /// </summary>
    /// <param name="picture">RGB.</param>
    /// <param name="brightness">The factor is uniform in max(0, 1 - this) … 1 + this; 0 changes nothing.</param>
    /// <param name="contrast">The same for <see cref="ColourAdjustment.Contrast"/>.</param>
    /// <param name="saturation">The same for <see cref="ColourAdjustment.Saturation"/>.</param>
    /// <param name="key">See <see cref="KeyOf"/>.</param>
    public static Picture ColourJitter(Picture picture, float brightness, float contrast, float saturation, RandomStream key)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfNegative(brightness);
        ArgumentOutOfRangeException.ThrowIfNegative(contrast);
        ArgumentOutOfRangeException.ThrowIfNegative(saturation);
        Span<int> order = [0, 1, 2];
        for (int left = order.Length; left > 1; left--)
        {
            int other = Below(key, JitterOrder + left, left);
            (order[left - 1], order[other]) = (order[other], order[left - 1]);
        }

        foreach (int change in order)
        {
            float strength = change switch { 0 => brightness, 1 => contrast, _ => saturation };
            float least = Math.Max(0, 1 - strength);
            float factor = least + (key.UniformAt(JitterFactors + change) * (1 + strength - least));
            picture = (strength, change) switch
            {
                (0, _) => picture,
                (_, 0) => ColourAdjustment.Brightness(picture, factor),
                (_, 1) => ColourAdjustment.Contrast(picture, factor),
                _ => ColourAdjustment.Saturation(picture, factor),
            };
        }

        return picture;
    }

    // A uniform number has 24 bits, far more than any offset needs.
    private static int Below(RandomStream stream, int element, int count) =>
        Math.Min(count - 1, (int)(stream.UniformAt(element) * count));
}
