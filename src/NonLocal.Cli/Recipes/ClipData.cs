using System.Globalization;
using NonLocal.Models;
using NonLocal.Vision.Datasets.Clips;
using NonLocal.Vision.Datasets.Generated;

namespace NonLocal.Cli.Recipes;

/// <summary>Clips as recipes and the command name them, and as a network reads them.</summary>
internal static class ClipData
{
    private const string Tunnel = "tunnel:";
    private const int MostGenerated = 10_000_000;

    /// <summary>Whether a word names clips, and not pictures.</summary>
    public static bool Recognizes(string word) => word.StartsWith(Tunnel, StringComparison.Ordinal) || ClipSet.Recognizes(word);

    /// <summary>Opens clips: what <see cref="ClipSet"/> takes, or <c>tunnel:COUNT:SEED</c>, which are generated.</summary>
    /// <exception cref="UsageException">Not so many clips, or no seed.</exception>
    /// <exception cref="IOException">The data is missing or corrupt.</exception>
    public static ClipSet Open(string word, ClipSetOptions options) =>
        word.StartsWith(Tunnel, StringComparison.Ordinal) ? Generated(word) : ClipSet.Open(word, options);

    /// <summary>What a network reads.</summary>
    /// <param name="info">The network's.</param>
    /// <param name="data">What the clips are called, for messages.</param>
    /// <param name="control">What is taken from them.</param>
    /// <exception cref="UsageException">The network is one of pictures.</exception>
    public static ClipInput Input(ModelInfo info, string data, ClipControl control = ClipControl.None) => info.Clip is { } clip
        ? new(clip.Frames, clip.Stride, info.Height, info.Width)
        {
            ShorterSide = info.ShorterSide,
            Mean = info.Mean,
            Deviation = info.Deviation,
            NormalizeEach = clip.NormalizeEach,
            Control = control,
        }
        : throw new UsageException($"{data} are clips, but {info.Name} is a network of pictures.");

    /// <summary>The words for what is taken from clips.</summary>
    public static ReadOnlySpan<(string Word, ClipControl Meaning)> Controls => new[]
    {
        ("none", ClipControl.None), ("shuffled-frames", ClipControl.ShuffledFrames), ("middle-frame", ClipControl.MiddleFrame),
    };

    /// <summary>The clips that <c>tunnel:COUNT:SEED</c> names.</summary>
    /// <exception cref="UsageException">Another form, not so many clips, or no seed.</exception>
    public static TunnelBalls Generated(string word)
    {
        string[] parts = word.Split(':');
        return parts.Length == 3 && parts[0] + ":" == Tunnel
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count is > 0 and <= MostGenerated
            && ulong.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
            ? new(count, seed)
            : throw new UsageException($"'{word}' names no clips to generate; expected {Tunnel}COUNT:SEED, such as {Tunnel}500:7.");
    }
}
