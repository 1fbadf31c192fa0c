using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using NonLocal.Tensors;

namespace NonLocal.Models;

/// <summary>The frames that a network of clips sees at once.</summary>
/// <param name="Frames">How many.</param>
/// <param name="Stride">The distance between neighbours in the video, in frames.</param>
/// <param name="NormalizeEach">Every clip as a whole is brought to mean 0 and deviation 1 after the normalisation.</param>
public sealed record ClipInfo(int Frames, int Stride, bool NormalizeEach = false);

/// <summary>What must be known beside the weights to use a classifier of pictures or clips.</summary>
/// <param name="Name">The registry's name, such as <c>resnet50</c>.</param>
/// <param name="Height">Rows of a picture as the network was trained.</param>
/// <param name="Width">Columns.</param>
/// <param name="Mean">Subtracted from each channel of a picture in 0…1.</param>
/// <param name="Deviation">What each channel is divided by afterwards.</param>
/// <param name="Labels">Class names in the order of the outputs; empty when unknown.</param>
/// <param name="ShorterSide">Pictures are resized to this before the middle is cut out; null: resized to height × width.</param>
/// <param name="Clip">How frames are taken from a video; null: the network is one of pictures.</param>
public sealed record ModelInfo(
    string Name,
    int Height,
    int Width,
    IReadOnlyList<float> Mean,
    IReadOnlyList<float> Deviation,
    IReadOnlyList<string> Labels,
    int? ShorterSide = null,
    ClipInfo? Clip = null)
{
    /// <summary>Red, green and blue.</summary>
    internal const int Colours = 3;

    private const string ModelKey = "nonlocal.model";
    private const string LabelsKey = "nonlocal.labels";
    private const string InputKey = "nonlocal.input";

    /// <summary>Mean of ImageNet's channels.</summary>
    public static IReadOnlyList<float> ImageNetMean { get; } = [0.485f, 0.456f, 0.406f];

    /// <summary>Deviation of ImageNet's channels.</summary>
    public static IReadOnlyList<float> ImageNetDeviation { get; } = [0.229f, 0.224f, 0.225f];

    /// <summary>
    /// Mean of every channel in video networks: 114.75 of 255, in facebookresearch/video-nonlocal-net and SlowFast.
    /// </summary>
    public static IReadOnlyList<float> VideoMean { get; } = [0.45f, 0.45f, 0.45f];

    /// <summary>Deviation of every channel in video networks: 57.375 of 255.</summary>
    public static IReadOnlyList<float> VideoDeviation { get; } = [0.225f, 0.225f, 0.225f];

    /// <summary>CIFAR-10's class names in label order.</summary>
    public static IReadOnlyList<string> CifarLabels { get; } =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <summary>Channels of a picture.</summary>
    public int Channels => Mean.Count;

    /// <summary>The network's input: [batch, height, width, channels], or [batch, frames, height, width, channels].</summary>
    public Shape InputShape(int batch) =>
        Clip is { } clip ? [batch, clip.Frames, Height, Width, Channels] : [batch, Height, Width, Channels];

    /// <summary>This for pictures of another number of channels: each has the average of the normalisation.</summary>
    internal ModelInfo WithChannels(int channels) => channels == Channels ? this : this with
    {
        Mean = [.. Enumerable.Repeat(Mean.Average(), channels)],
        Deviation = [.. Enumerable.Repeat(Deviation.Average(), channels)],
    };

    /// <summary>The name of a class, or its number where names are unknown.</summary>
    public string Label(int index) => index < Labels.Count ? Labels[index] : index.ToString(CultureInfo.InvariantCulture);

    /// <summary>Texts that go into a weight file and bring everything here back; see <see cref="WithMetadata"/>.</summary>
    public IEnumerable<KeyValuePair<string, string>> ToMetadata()
    {
        JsonObject input = new() { ["height"] = Height, ["width"] = Width, ["mean"] = Numbers(Mean), ["deviation"] = Numbers(Deviation) };
        if (ShorterSide is { } side)
        {
            input["shorter_side"] = side;
        }

        if (Clip is { } clip)
        {
            input["frames"] = clip.Frames;
            input["stride"] = clip.Stride;
            input["normalize_each"] = clip.NormalizeEach;
        }

        yield return new(ModelKey, Name);
        yield return new(InputKey, input.ToJsonString());
        yield return new(LabelsKey, new JsonArray([.. Labels.Select(label => (JsonNode)label)]).ToJsonString());
    }

    /// <summary>This, with what a weight file's texts say in its place. Texts that say nothing usable are passed over.</summary>
    /// <param name="metadata">A file's texts.</param>
    /// <param name="classes">How many outputs the network has: labels of another number are passed over.</param>
    public ModelInfo WithMetadata(IReadOnlyDictionary<string, string> metadata, int classes)
    {
        ModelInfo info = this;
        try
        {
            if (metadata.TryGetValue(LabelsKey, out string? text) && JsonNode.Parse(text) is JsonArray labels && labels.Count == classes)
            {
                info = info with { Labels = [.. labels.Select(label => label!.GetValue<string>())] };
            }

            if (metadata.TryGetValue(InputKey, out text) && JsonNode.Parse(text) is JsonObject input)
            {
                info = info.WithInput(input);
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or NullReferenceException)
        {
            return this;
        }

        return info;
    }

    private static JsonArray Numbers(IReadOnlyList<float> numbers) => [.. numbers.Select(number => (JsonNode)number)];

    private ModelInfo WithInput(JsonObject input)
    {
        ModelInfo info = this with
        {
            Height = input["height"]!.GetValue<int>(),
            Width = input["width"]!.GetValue<int>(),
            Mean = [.. input["mean"]!.AsArray().Select(number => number!.GetValue<float>())],
            Deviation = [.. input["deviation"]!.AsArray().Select(number => number!.GetValue<float>())],
            ShorterSide = input["shorter_side"]?.GetValue<int>(),
            Clip = Clip is null ? null : new ClipInfo(
                input["frames"]!.GetValue<int>(),
                input["stride"]!.GetValue<int>(),
                input["normalize_each"]?.GetValue<bool>() ?? false),
        };
        bool usable = info is { Height: > 0, Width: > 0 } && info.Mean.Count == Mean.Count && info.Deviation.Count == Mean.Count
            && info.Deviation.All(deviation => deviation > 0) && info.ShorterSide is null or > 0
            && info.Clip is null or { Frames: > 0, Stride: > 0 };
        return usable ? info : this;
    }
}
