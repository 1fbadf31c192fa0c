using System.Globalization;
using System.Text.Json;
using NonLocal.Formats;

namespace NonLocal.Vision.Video;

/// <summary>What ffprobe says of a video: its size as it is shown, and when each frame is.</summary>
/// <param name="Width">Pixels in a row, after turning.</param>
/// <param name="Height">Rows, after turning.</param>
/// <param name="Rate">The mean rate, where the file has one.</param>
/// <param name="Count">Frames that are shown.</param>
/// <param name="Times">When each frame is shown, in seconds from the file's start; empty where the file does not say it of all.</param>
internal sealed record VideoProbe(int Width, int Height, FrameRate? Rate, int Count, double[] Times)
{
    /// <summary>The longest answer that is read: some 500 thousand frames.</summary>
    public const int MaximumBytes = 64 << 20;

    /// <summary>Reads ffprobe's answer.</summary>
    /// <exception cref="FileFormatException">There is no video in the file, or less than it says.</exception>
    public static VideoProbe Parse(ReadOnlyMemory<byte> answer)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            JsonElement root = document.RootElement;
            if (!root.TryGetProperty("streams", out JsonElement streams) || streams.GetArrayLength() == 0)
            {
                throw new FileFormatException("the file holds no video, expected frames");
            }

            return Parse(root, streams[0]);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw new FileFormatException($"ffprobe's answer cannot be understood ({error.Message})", inner: error);
        }
    }

    /// <summary>Where decoding has to begin for a frame.</summary>
    /// <returns>
    /// The number of the first frame that comes then, and the time to seek, half-way between that frame and the one before it; null to
    /// begin at the start.
    /// </returns>
    public (int First, double? Seconds) SeekBefore(int frame) => frame > 0 && Times.Length > 0 && Times[frame - 1] < Times[frame]
        ? (frame, (Times[frame - 1] + Times[frame]) / 2)
        : (0, null);

    private static VideoProbe Parse(JsonElement root, JsonElement stream)
    {
        double start = root.TryGetProperty("format", out JsonElement format) ? Seconds(format, "start_time") ?? 0 : 0;
        List<double> times = [];
        int shown = 0;
        int stored = 0;
        if (root.TryGetProperty("packets", out JsonElement packets))
        {
            foreach (JsonElement packet in packets.EnumerateArray())
            {
                stored++;
                if (Text(packet, "flags")?.Contains('D', StringComparison.Ordinal) == true)
                {
                    // Before the beginning that the file gives itself: decoded, but not shown.
                    continue;
                }

                shown++;
                if (Seconds(packet, "pts_time") is { } time)
                {
                    times.Add(time - start);
                }
            }
        }

        if (int.TryParse(Text(stream, "nb_frames"), NumberStyles.None, CultureInfo.InvariantCulture, out int promised) && stored < promised)
        {
            throw new FileFormatException($"the video holds {stored} of the {promised} frames that it promises; the file is truncated");
        }

        if (shown == 0)
        {
            throw new FileFormatException("the video has no frames, expected at least one");
        }

        times.Sort();
        (int width, int height) = (Size(stream, "width"), Size(stream, "height"));
        return new(
            IsTurned(stream) ? height : width,
            IsTurned(stream) ? width : height,
            FrameRate.TryParse(Text(stream, "avg_frame_rate")),
            shown,
            times.Count == shown ? [.. times] : []);
    }

    // By a quarter or three: newer ffprobe has it among side data, older among tags.
    private static bool IsTurned(JsonElement stream)
    {
        double degrees = 0;
        if (stream.TryGetProperty("side_data_list", out JsonElement list))
        {
            foreach (JsonElement item in list.EnumerateArray())
            {
                degrees = item.TryGetProperty("rotation", out JsonElement rotation) ? rotation.GetDouble() : degrees;
            }
        }
        else if (stream.TryGetProperty("tags", out JsonElement tags))
        {
            degrees = Seconds(tags, "rotate") ?? 0;
        }

        return Math.Abs(degrees % 180) is > 45 and < 135;
    }

    private static int Size(JsonElement stream, string name) =>
        stream.TryGetProperty(name, out JsonElement size) && size.TryGetInt32(out int pixels) ? pixels : 0;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement text) ? text.GetString() : null;

    private static double? Seconds(JsonElement element, string name) =>
        double.TryParse(Text(element, name), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : null;
}
