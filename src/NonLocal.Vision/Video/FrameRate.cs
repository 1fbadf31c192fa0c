using System.Globalization;

namespace NonLocal.Vision.Video;

/// <summary>Frames per second as the fraction that files hold: 30000/1001 is not 29.97.</summary>
/// <param name="Numerator">Frames, at least 1.</param>
/// <param name="Denominator">In this many seconds, at least 1.</param>
public readonly record struct FrameRate(int Numerator, int Denominator)
{
    /// <summary>Frames in a second.</summary>
    public double FramesPerSecond => (double)Numerator / Denominator;

    /// <summary>The rate in a text such as "30000/1001" or "25:1"; null for anything else, also for 0:0 (not known).</summary>
    internal static FrameRate? TryParse(ReadOnlySpan<char> text)
    {
        int middle = text.IndexOfAny(':', '/');
        return middle > 0
            && int.TryParse(text[..middle], NumberStyles.None, CultureInfo.InvariantCulture, out int numerator)
            && int.TryParse(text[(middle + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int denominator)
            && numerator > 0
            && denominator > 0
            ? new(numerator, denominator)
            : null;
    }
}
