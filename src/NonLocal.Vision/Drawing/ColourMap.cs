namespace NonLocal.Vision.Drawing;

/// <summary>
/// Colours for numbers from 0 to 1, dark blue over violet and orange to pale yellow. Lightness rises evenly with the number, so that
/// equal differences look equal and the order stays right in grey.
/// </summary>
/// <remarks>
/// A path through OKLab (Björn Ottosson, "A perceptual color space for image processing", 2020): lightness is linear in the number, the
/// hue turns at a constant rate, and the chroma is as large as sRGB holds there, up to a limit.
/// </remarks>
public static class ColourMap
{
    private const double DarkestLightness = 0.16;
    private const double BrightestLightness = 0.96;
    private const double FirstHue = -95;
    private const double LastHue = 105;
    private const double MostChroma = 0.19;
    private const double CategoryLightness = 0.75;
    private const double GoldenAngle = 137.50776405003785;
    private static readonly Colour[] Table = [.. Enumerable.Range(0, 256).Select(i => Compute(i / 255.0))];

    /// <summary>Colours that are easy to tell apart, of one lightness: the hue goes on by the golden angle.</summary>
    /// <param name="number">Which of them, from 0.</param>
    public static Colour Category(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        return Brightest(CategoryLightness, number * GoldenAngle % 360);
    }

    /// <summary>The 256 colours from number 0 to number 1, three bytes each.</summary>
    public static byte[] ToBytes() => [.. Table.SelectMany(colour => (byte[])[colour.Red, colour.Green, colour.Blue])];

    /// <summary>The colour of a number.</summary>
    /// <param name="number">Below 0 (and what is not a number) is drawn as 0, above 1 as 1.</param>
    public static Colour At(double number) => Table[number >= 0 ? (int)Math.Round(255 * Math.Min(number, 1)) : 0];

    private static Colour Compute(double number)
    {
        double lightness = DarkestLightness + ((BrightestLightness - DarkestLightness) * number);
        return Brightest(lightness, FirstHue + ((LastHue - FirstHue) * number));
    }

    // The most chroma that sRGB holds for a lightness and a hue in degrees, by halving.
    private static Colour Brightest(double lightness, double degrees)
    {
        double hue = degrees * Math.PI / 180;
        (double inside, double outside) = (0, MostChroma);
        if (Fits(FromOklab(lightness, outside, hue)))
        {
            inside = outside;
        }

        for (int i = 0; i < 30; i++)
        {
            double middle = (inside + outside) / 2;
            (inside, outside) = Fits(FromOklab(lightness, middle, hue)) ? (middle, outside) : (inside, middle);
        }

        (double red, double green, double blue) = FromOklab(lightness, inside, hue);
        return new Colour(Encode(red), Encode(green), Encode(blue));
    }

    private static bool Fits((double Red, double Green, double Blue) colour) =>
        colour is { Red: >= 0 and <= 1, Green: >= 0 and <= 1, Blue: >= 0 and <= 1 };

    // Linear sRGB of an OKLab colour in polar form; the matrices are those of the article.
    private static (double Red, double Green, double Blue) FromOklab(double lightness, double chroma, double hue)
    {
        (double a, double b) = (chroma * Math.Cos(hue), chroma * Math.Sin(hue));
        double l = Math.Pow(lightness + (0.3963377774 * a) + (0.2158037573 * b), 3);
        double m = Math.Pow(lightness - (0.1055613458 * a) - (0.0638541728 * b), 3);
        double s = Math.Pow(lightness - (0.0894841775 * a) - (1.2914855480 * b), 3);
        return (
            (4.0767416621 * l) - (3.3077115913 * m) + (0.2309699292 * s),
            (-1.2684380046 * l) + (2.6097574011 * m) - (0.3413193965 * s),
            (-0.0041960863 * l) - (0.7034186147 * m) + (1.7076147010 * s));
    }

    // The transfer curve of sRGB (IEC 61966-2-1).
    private static byte Encode(double linear)
    {
        double encoded = linear <= 0.0031308 ? 12.92 * linear : (1.055 * Math.Pow(linear, 1 / 2.4)) - 0.055;
        return (byte)Math.Round(255 * encoded);
    }
}
