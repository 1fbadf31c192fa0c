using System.Globalization;
using System.Text;
using NonLocal.Formats;

namespace NonLocal.Vision.Video;

/// <summary>The first line of a Y4M file: "YUV4MPEG2" and parameters, each a letter and a value.</summary>
/// <param name="Bytes">Of the line with its end.</param>
/// <param name="Width">Pixels in a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Rate">Null where the file does not say.</param>
/// <param name="Sampling">How many colours there are.</param>
/// <param name="FullRange">
/// Whether samples use 0 to 255; else brightness uses 16 to 235 and colour 16 to 240. Grey always does, as ffmpeg has it.
/// </param>
internal readonly record struct Y4MHeader(int Bytes, int Width, int Height, FrameRate? Rate, ChromaSampling Sampling, bool FullRange)
{
    /// <summary>The longest line that is read; ffmpeg's reader stops at about 100 bytes.</summary>
    public const int MaximumBytes = 256;

    /// <summary>What the file begins with.</summary>
    public static ReadOnlySpan<byte> Signature => "YUV4MPEG2 "u8;

    /// <summary>Colours in a row.</summary>
    public int ChromaWidth => Sampling switch
    {
        ChromaSampling.None => 0,
        ChromaSampling.Full => Width,
        _ => (Width + 1) / 2,
    };

    /// <summary>Rows of colours.</summary>
    public int ChromaHeight => Sampling switch
    {
        ChromaSampling.None => 0,
        ChromaSampling.Quarter => (Height + 1) / 2,
        _ => Height,
    };

    /// <summary>Bytes of one frame's samples: brightness, then the two colour planes.</summary>
    public long SampleBytes => ((long)Width * Height) + (2L * ChromaWidth * ChromaHeight);

    /// <summary>Reads the line.</summary>
    /// <param name="beginning">Of the file: <see cref="MaximumBytes"/> bytes or all there are.</param>
    /// <param name="limits">What the file may ask for.</param>
    /// <exception cref="FileFormatException">Not Y4M, of a kind that is not supported, or over a limit.</exception>
    public static Y4MHeader Parse(ReadOnlySpan<byte> beginning, ReadLimits limits)
    {
        if (!beginning.StartsWith(Signature))
        {
            throw new FileFormatException("the file does not begin with YUV4MPEG2; expected a Y4M video");
        }

        int end = beginning.IndexOf((byte)'\n');
        if (end < 0)
        {
            throw new FileFormatException($"the Y4M header does not end within {beginning.Length} bytes; the file is truncated or corrupt");
        }

        Y4MHeader header = new(end + 1, 0, 0, null, ChromaSampling.Quarter, FullRange: false);
        string parameters = Encoding.Latin1.GetString(beginning[Signature.Length..end]);
        foreach (string field in parameters.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            header = header.With(field);
        }

        VideoSource.CheckSize(header.Width, header.Height, limits);
        return header with { FullRange = header.FullRange || header.Sampling == ChromaSampling.None };
    }

    // The pixels' shape (A) and remarks (X) change no sample, except for the one about the range.
    private Y4MHeader With(string field) => field[0] switch
    {
        'W' => this with { Width = Number(field) },
        'H' => this with { Height = Number(field) },
        'F' => this with { Rate = FrameRate.TryParse(field.AsSpan(1)) },
        'C' => this with { Sampling = SamplingOf(field) },
        'I' when field is not ("Ip" or "I?") => throw new FileFormatException(
            $"the Y4M video is interlaced (\"{field}\"), expected whole frames (Ip)"),
        'X' when field == "XCOLORRANGE=FULL" => this with { FullRange = true },
        _ => this,
    };

    private static int Number(string field) =>
        int.TryParse(field.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        ? number
        : throw new FileFormatException($"the Y4M header has the size \"{field}\", expected {field[0]} and a number");

    private static ChromaSampling SamplingOf(string field) => field switch
    {
        "C420" or "C420jpeg" or "C420mpeg2" or "C420paldv" => ChromaSampling.Quarter,
        "C422" => ChromaSampling.Half,
        "C444" => ChromaSampling.Full,
        "Cmono" => ChromaSampling.None,
        _ => throw new FileFormatException(
            $"the Y4M video has the colours \"{field}\", expected C420, C420jpeg, C420mpeg2, C420paldv, C422, C444 or Cmono"),
    };
}
