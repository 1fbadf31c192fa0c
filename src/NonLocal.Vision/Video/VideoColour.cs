namespace NonLocal.Vision.Video;

/// <summary>
/// Brightness and colour differences of video (ITU-R BT.601) and RGB. From video in 16-bit fixed point, rounded to nearest and cut off:
/// R = y + 1.596027 V, G = y − 0.391762 U − 0.812968 V, B = y + 2.017232 U with y = 1.164384 (Y − 16) and U, V less 128; in the full range
/// y = Y and the factors of JFIF, 1.402, 0.344136, 0.714136 and 1.772.
/// </summary>
internal static class VideoColour
{
    private const int FractionBits = 16;
    private const int Half = 1 << (FractionBits - 1);

    /// <summary>Colour of no colour.</summary>
    public const byte Neutral = 128;

    /// <summary>One pixel as RGB.</summary>
    /// <param name="fullRange">Whether samples use 0 to 255.</param>
    /// <param name="brightness">Y.</param>
    /// <param name="blue">U.</param>
    /// <param name="red">V.</param>
    /// <param name="pixel">[3].</param>
    public static void ToRgb(bool fullRange, byte brightness, byte blue, byte red, Span<byte> pixel)
    {
        int u = blue - Neutral;
        int v = red - Neutral;
        if (fullRange)
        {
            int y = (brightness << FractionBits) + Half;
            pixel[0] = Clamp(y + (91881 * v));
            pixel[1] = Clamp(y - (22553 * u) - (46802 * v));
            pixel[2] = Clamp(y + (116130 * u));
        }
        else
        {
            int y = (76309 * (brightness - 16)) + Half;
            pixel[0] = Clamp(y + (104597 * v));
            pixel[1] = Clamp(y - (25675 * u) - (53279 * v));
            pixel[2] = Clamp(y + (132201 * u));
        }
    }

    /// <summary>Y in 16 … 235.</summary>
    public static byte Brightness(ReadOnlySpan<byte> pixel) =>
        Round(16 + (((65.481 * pixel[0]) + (128.553 * pixel[1]) + (24.966 * pixel[2])) / 255));

    /// <summary>Grey in 0 … 255.</summary>
    public static byte Grey(ReadOnlySpan<byte> pixel) => Round((0.299 * pixel[0]) + (0.587 * pixel[1]) + (0.114 * pixel[2]));

    /// <summary>U and V in 16 … 240 of the mean of some pixels.</summary>
    /// <param name="red">The mean, 0 to 255.</param>
    /// <param name="green">The mean, 0 to 255.</param>
    /// <param name="blue">The mean, 0 to 255.</param>
    public static (byte Blue, byte Red) Chroma(double red, double green, double blue) => (
        Round(Neutral + (((-37.797 * red) - (74.203 * green) + (112 * blue)) / 255)),
        Round(Neutral + (((112 * red) - (93.786 * green) - (18.214 * blue)) / 255)));

    private static byte Clamp(int value) => (byte)Math.Clamp(value >> FractionBits, 0, 255);

    private static byte Round(double value) => (byte)(value + 0.5);
}
